//! Addresses that no instance may reach: private, local and special ranges, in every form that carries an IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an egress destination may never be this address: this host, private and shared networks, link-local (the
/// metadata service among them), benchmarking, multicast, reserved. IPv6 forms that embed an IPv4 address (mapped,
/// compatible, translated, 6to4, NAT64) are judged by that address. The documentation ranges are ordinary here.
#[must_use]
pub fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => special_v4(v4),
        IpAddr::V6(v6) => special_v6(v6),
    }
}

fn special_v4(a: Ipv4Addr) -> bool {
    matches!(
        a.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [224..=255, ..]
    )
}

fn special_v6(a: Ipv6Addr) -> bool {
    let [a0, a1, a2, a3, a4, a5, a6, a7] = a.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        special_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a0, a1, a2, a3, a4, a5) {
        // :: and ::1 are of 0.0.0.0/8; the rest of ::/96 is "compatible", ::ffff:0:0/96 mapped, ::ffff:0:0:0/96 translated.
        (0, 0, 0, 0, 0, 0 | 0xffff) | (0, 0, 0, 0, 0xffff, 0) => v4(a6, a7),
        // NAT64; its local-use prefix (RFC 8215) stands for no known address.
        (0x64, 0xff9b, 0, 0, 0, 0) => v4(a6, a7),
        (0x64, 0xff9b, 1, ..) => true,
        // 6to4 names its router.
        (0x2002, high, low, ..) => v4(high, low),
        // Teredo hides the address that is reached; 100::/64 is the discard prefix.
        (0x2001, 0, ..) | (0x100, 0, 0, 0, ..) => true,
        // fc00::/7 unique local, fe80::/10 link-local, fec0::/10 site-local, ff00::/8 multicast.
        (first, ..) => first & 0xfe00 == 0xfc00 || first & 0xff80 == 0xfe80 || first >= 0xff00,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_named_ranges() {
        for bad in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::10.0.0.1",
            "::ffff:0:10.0.0.1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "64:ff9b::a00:1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "2001::1",
            "100::1",
        ] {
            assert!(is_special(bad.parse().unwrap()), "{bad} passed");
        }
        for good in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.0.2.1",
            "198.17.0.1",
            "198.20.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2001:db8::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert!(!is_special(good.parse().unwrap()), "{good} was refused");
        }
    }

    proptest! {
        #[test]
        fn every_form_is_judged_as_the_plain_address(bits: u32, tail: u64) {
            let plain = Ipv4Addr::from(bits);
            let [a, b, c, d] = plain.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let [t0, t1, t2, t3] = [tail as u16, (tail >> 16) as u16, (tail >> 32) as u16, (tail >> 48) as u16];
            for form in [
                plain.to_ipv6_mapped(),
                plain.to_ipv6_compatible(),
                Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, t0, t1, t2, t3, 1),
            ] {
                prop_assert_eq!(is_special(plain.into()), is_special(form.into()), "{} and {}", plain, form);
            }
        }

        #[test]
        fn any_address_gets_an_answer(bits: u128) {
            let _ = is_special(Ipv6Addr::from(bits).into());
        }
    }
}
