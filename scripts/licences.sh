#!/usr/bin/env bash
# The quick half of cargo-deny, for every run: each dependency's licence is one of deny.toml's, no dependency is one of
# those it bans. Advisories and the rest: `make deny`.
set -euo pipefail
cd "$(dirname "$0")/.."

# The strings of the array KEY of deny.toml.
array() { awk -v key="$1 = [" 'index($0, key) == 1 { inside = 1; next } inside && /^\]/ { exit } inside' deny.toml; }
allowed=$(array allow | sed -n 's/^ *"\([^"]*\)".*/\1/p')
banned=$(array deny | sed -n 's/.*name = "\([^"]*\)".*/\1/p')

cargo tree ${CI:+--locked} --workspace --edges normal,build,dev --prefix none --format '{l}|{p}' |
  sed 's/ (\*)$//; s/ (proc-macro)$//' | sort -u |
  awk -F'|' -v allowed="$allowed" -v banned="$banned" '
    # Whether an SPDX expression holds when each allowed licence is 1 and each other one 0. AND binds tighter than OR.
    function holds(e,    words, n, i, out, w) {
      gsub(/\//, " OR ", e); gsub(/\(/, " ( ", e); gsub(/\)/, " ) ", e)
      gsub(/ WITH /, "~WITH~", e)
      n = split(e, words, / +/); out = ""
      for (i = 1; i <= n; i++) {
        w = words[i]; gsub(/~/, " ", w)
        if (w == "" ) continue
        out = out " " ((w == "AND" || w == "OR" || w == "(" || w == ")") ? w : ((w in ok) ? 1 : 0))
      }
      out = out " "
      do {
        e = out
        while (sub(/ 1 AND 1 /, " 1 ", out) || sub(/ [01] AND [01] /, " 0 ", out)) continue
        if (out == e && (sub(/ 0 OR 0 /, " 0 ", out) || sub(/ [01] OR [01] /, " 1 ", out))) continue
        if (out == e) { sub(/ \( 0 \) /, " 0 ", out) || sub(/ \( 1 \) /, " 1 ", out) }
      } while (out != e)
      return out == " 1 "
    }
    BEGIN {
      n = split(allowed, list, "\n"); for (i = 1; i <= n; i++) ok[list[i]] = 1
      n = split(banned, list, "\n"); for (i = 1; i <= n; i++) no[list[i]] = 1
    }
    NF < 2 { next }
    {
      split($2, package, " ")
      if (package[1] in no) { print "banned by deny.toml: " $2; bad = 1 }
      if (!holds($1)) { print "licence not in deny.toml: " $2 ": " ($1 == "" ? "none named" : $1); bad = 1 }
      count++
    }
    END {
      if (count == 0) { print "cargo tree named no package"; exit 1 }
      if (bad) exit 1
      print count " packages, licences and bans as deny.toml says"
    }'
