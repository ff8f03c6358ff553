//! Webhooks over real sockets: the receiver is a server of the test on this machine, whose address is allowed by name.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::{HeaderMap, Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use lia_gateway::Resolver;
use lia_protocol::{
    api::Scope,
    event::{Actor, ErrorEvent, NewEvent, OwnEvent, TurnEnded},
    ids::{CommandId, TaskId},
    secret::Secret,
    sessions::verify::verify_webhook_signature,
    time::Timestamp,
};
use lia_server::webhooks;
use lia_store::{Op, Txn};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};

use crate::support::Server;

/// Nothing here takes that long.
const PATIENCE: Duration = Duration::from_secs(20);
/// For what must not happen: as long as several of the plan's waits.
const QUIET: Duration = Duration::from_millis(400);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What a receiver does with a request.
enum Reply {
    Status(u16),
    RetryAfter(u16, &'static str),
    Redirect(String),
    HangUp,
    /// When the test says so.
    Held(oneshot::Receiver<u16>),
}

/// A request as it came.
#[derive(Debug)]
struct Got {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    fn message(&self) -> String {
        self.json()["event"]["data"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

/// A receiver. It answers as it was told, in the order of the requests, and 204 after that.
struct Receiver {
    port: u16,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, got) = mpsc::unbounded_channel();
        let replies = Arc::new(Mutex::new(VecDeque::new()));
        let answers = replies.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tell, answers) = (tell.clone(), answers.clone());
                let service = service_fn(move |request: Request<Incoming>| {
                    let (tell, answers) = (tell.clone(), answers.clone());
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let reply = answers.lock().unwrap().pop_front();
                        let _ = tell.send(Got { path: head.uri.to_string(), headers: head.headers, body });
                        let mut answer = Response::new(Empty::<Bytes>::new());
                        let status = match reply {
                            None => 204,
                            Some(Reply::Status(status)) => status,
                            Some(Reply::RetryAfter(status, after)) => {
                                answer.headers_mut().insert("retry-after", after.parse().unwrap());
                                status
                            }
                            Some(Reply::Redirect(to)) => {
                                answer.headers_mut().insert("location", to.parse().unwrap());
                                307
                            }
                            Some(Reply::HangUp) => panic!("hung up on purpose"),
                            Some(Reply::Held(until)) => until.await.unwrap_or(204),
                        };
                        *answer.status_mut() = status.try_into().unwrap();
                        Ok::<_, Infallible>(answer)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { port, replies, got }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?a=b", self.port)
    }

    fn will(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    fn hold(&self) -> oneshot::Sender<u16> {
        let (release, held) = oneshot::channel();
        self.will(Reply::Held(held));
        release
    }

    async fn next(&mut self) -> Got {
        timeout(PATIENCE, self.got.recv()).await.expect("a delivery").unwrap()
    }

    async fn is_quiet(&mut self) {
        if let Ok(got) = timeout(QUIET, self.got.recv()).await {
            panic!("delivered: {got:?}");
        }
    }
}

fn options() -> webhooks::Options {
    webhooks::Options {
        retry: [0, 30, 60, 60].map(Duration::from_millis).to_vec(),
        timeout: Duration::from_secs(5),
        allow_private: vec!["127.0.0.1".parse().unwrap()],
        ..webhooks::Options::default()
    }
}

impl Server {
    /// Makes a webhook by the API and gives its id back.
    async fn hook(&self, token: &str, body: Value) -> String {
        let answer = self.call(token, "POST", "/api/webhooks", Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert!(!answer.text().contains(SECRET));
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn writer(&self, user: &str) -> String {
        self.token(user, &[Scope::Read, Scope::Write]).await
    }

    /// Appends to a task's log, as its owner does.
    async fn happens<T: OwnEvent>(&self, task: TaskId, body: &T) {
        let session = self.store.task(task).await.unwrap().unwrap().session;
        let events = vec![NewEvent::own(Actor::System, body)];
        let op = Op::Append { session, at: Timestamp::now(), events, ack: None };
        self.store.commit(Txn::process(vec![op])).await.unwrap();
    }

    async fn error(&self, task: TaskId, message: &str) {
        self.happens(task, &ErrorEvent { message: message.into(), code: None }).await;
    }

    async fn deliveries(&self, token: &str, hook: &str, query: &str) -> Value {
        let path = format!("/api/webhooks/{hook}/deliveries{query}");
        let answer = self.call(token, "GET", &path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// The newest delivery, once it is not pending. A test's own wait: each look follows a change that the test made.
    async fn finished(&self, token: &str, hook: &str) -> Value {
        let look = async {
            loop {
                let newest = self.deliveries(token, hook, "?limit=1").await["deliveries"][0].clone();
                if newest["state"] != "pending" {
                    return newest;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, look).await.expect("the delivery ends")
    }
}

fn turn() -> TurnEnded {
    TurnEnded { command: CommandId::new(), stop_reason: "end_turn".into(), error: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_posted_and_how_it_is_signed() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let task = server.task("ann").await;
    server.hook(&ann, json!({ "url": receiver.url(), "secret": SECRET })).await;
    server.happens(task, &turn()).await;

    let got = receiver.next().await;
    let (body, secs) = (got.json(), Timestamp::now().millis() / 1000);
    assert_eq!(got.path, "/hook?a=b");
    assert_eq!(body["sessionId"], json!(task));
    assert_eq!(
        body["event"],
        json!({ "type": "end_turn", "data": { "promptResponse": { "stopReason": "end_turn" } } })
    );
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(body.as_object().unwrap().len(), 4);
    assert_eq!(got.header("content-type"), "application/json");
    assert_eq!(got.header("host"), format!("127.0.0.1:{}", receiver.port));
    assert_eq!(got.header("x-flamecast-session-id"), task.to_string());
    assert_eq!(got.header("x-flamecast-event-id"), body["eventId"].as_str().unwrap());
    assert!(verify_webhook_signature(SECRET, &got.body, got.header("x-flamecast-signature")));
    assert!(!verify_webhook_signature("other", &got.body, got.header("x-flamecast-signature")));

    // The Standard Webhooks headers, by another implementation of HMAC.
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    assert_eq!(got.header("webhook-id"), body["eventId"].as_str().unwrap());
    let at: i64 = got.header("webhook-timestamp").parse().unwrap();
    assert!((secs - at).abs() <= 20, "{at} against {secs}");
    let key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    let signed = [got.header("webhook-id"), ".", &at.to_string(), "."].concat().into_bytes();
    let tag = ring::hmac::sign(&key, &[&signed[..], &got.body].concat());
    assert_eq!(got.header("webhook-signature"), format!("v1,{}", STANDARD.encode(tag)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_delivery_is_the_same_at_every_attempt() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let task = server.task("ann").await;
    let hook = server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    receiver.will(Reply::Status(500));
    receiver.will(Reply::HangUp);
    receiver.will(Reply::RetryAfter(429, "1"));
    server.error(task, "one").await;

    let (first, second, third) = (receiver.next().await, receiver.next().await, receiver.next().await);
    let asked = std::time::Instant::now();
    let fourth = receiver.next().await;
    assert!(
        asked.elapsed() >= Duration::from_millis(1000),
        "what the receiver asks for comes on top of the plan"
    );
    for again in [&second, &third, &fourth] {
        assert_eq!(again.body, first.body);
        for header in ["x-flamecast-event-id", "x-flamecast-signature", "webhook-id"] {
            assert_eq!(again.header(header), first.header(header));
        }
    }
    let done = server.finished(&ann, &hook).await;
    assert_eq!(done["state"], "delivered");
    let statuses: Vec<_> = done["attempts"].as_array().unwrap().iter().map(|a| a["status"].clone()).collect();
    assert_eq!(statuses, [json!(500), Value::Null, json!(429), json!(204)]);
    assert!(done["attempts"][1]["error"].is_string());
    assert_eq!(done["payload"], first.json());

    // Whoever says no means it; so does a plan's end. What comes after is delivered all the same.
    receiver.will(Reply::Status(410));
    server.error(task, "two").await;
    receiver.next().await;
    assert_eq!(server.finished(&ann, &hook).await["state"], "failed");
    (0..4).for_each(|_| receiver.will(Reply::Status(503)));
    server.error(task, "three").await;
    server.error(task, "four").await;
    for _ in 0..4 {
        assert_eq!(receiver.next().await.message(), "three");
    }
    assert_eq!(receiver.next().await.message(), "four");
    assert_eq!(server.finished(&ann, &hook).await["state"], "delivered");
    let failed = server.deliveries(&ann, &hook, "?state=failed").await;
    let tried = |i: usize| failed["deliveries"][i]["attempts"].as_array().unwrap().len();
    assert_eq!((tried(0), tried(1), failed["deliveries"].as_array().unwrap().len()), (4, 1, 2));
    receiver.is_quiet().await;
    server.stop().await;
}

/// A receiver that says nothing has only so much time; then it is asked again, the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_answer_is_asked_again() {
    let hurried = webhooks::Options { timeout: Duration::from_secs(1), ..options() };
    let (server, mut receiver) = (Server::start_telling(hurried).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let task = server.task("ann").await;
    let hook = server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    let never = receiver.hold();
    server.error(task, "one").await;
    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    let done = server.finished(&ann, &hook).await;
    assert_eq!((&done["state"], done["attempts"].as_array().unwrap().len()), (&json!("delivered"), 2));
    assert!(done["attempts"][0]["status"].is_null() && done["attempts"][1]["status"] == 204, "{done}");
    let why = done["attempts"][0]["error"].as_str().unwrap();
    assert!(why.contains("did not answer within 1s"), "{why}");
    drop(never);
    server.stop().await;
}

/// Those of the configuration are shown to administrators and changed by the configuration alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_of_the_configuration_follow_it() {
    let mut receiver = Receiver::start().await;
    let named = |names: &[(&str, &str)]| {
        let named = |(name, secret): &(&str, &str)| {
            let url = format!("{}&name={name}", receiver.url());
            (name.to_string(), webhooks::Named { url, secret: Secret::new(*secret), events: None })
        };
        webhooks::Options { named: names.iter().map(named).collect(), ..options() }
    };
    let (before, after) = (named(&[("kept", "one"), ("gone", "g")]), named(&[("kept", "two"), ("new", "n")]));
    let server = Server::start_telling(before).await;
    let ann = server.writer("ann").await;
    let list = async |server: &Server, token: &str| {
        let all = server.call(token, "GET", "/api/webhooks", None).await.json();
        let mut all: Vec<_> = all.as_array().unwrap().to_vec();
        all.sort_by_key(|w| w["name"].to_string());
        all
    };
    assert!(list(&server, &ann).await.is_empty(), "they are the operator's");
    let shown = list(&server, &server.admin).await;
    let names = |all: &[Value]| all.iter().map(|w| w["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&shown), ["gone", "kept"]);
    for hook in &shown {
        assert_eq!((&hook["source"], &hook["allUsers"]), (&json!("config"), &json!(true)), "{hook}");
        let path = format!("/api/webhooks/{}", hook["id"].as_str().unwrap());
        server.call(&ann, "GET", &path, None).await.is_error("NOT_FOUND");
        let change = Some(json!({ "enabled": false }));
        server.call(&server.admin, "PATCH", &path, change).await.is_error("INVALID_STATE");
        server.call(&server.admin, "DELETE", &path, None).await.is_error("INVALID_STATE");
    }
    assert_eq!(list(&server, &server.admin).await, shown, "nothing was changed");

    let server = server.again(after).await;
    let again = list(&server, &server.admin).await;
    assert_eq!(names(&again), ["kept", "new"]);
    assert_eq!(again[0]["id"], shown[1]["id"], "it is the same one still");
    let task = server.task("ann").await;
    server.error(task, "told").await;
    for _ in 0..2 {
        let got = receiver.next().await;
        let secret = if got.path.ends_with("name=kept") { "two" } else { "n" };
        assert!(got.path.ends_with("name=kept") || got.path.ends_with("name=new"), "{}", got.path);
        assert!(verify_webhook_signature(secret, &got.body, got.header("x-flamecast-signature")));
    }
    receiver.is_quiet().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_order_within_a_session_and_side_by_side_between_them() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let mut other = Receiver::start().await;
    let ann = server.writer("ann").await;
    let (one, two) = (server.task("ann").await, server.task("ann").await);
    server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    let release = receiver.hold();
    server.error(one, "1a").await;
    assert_eq!(receiver.next().await.message(), "1a");
    server.hook(&ann, json!({ "url": other.url(), "secret": "t" })).await;
    server.error(one, "1b").await;
    server.error(one, "1c").await;
    server.error(two, "2a").await;
    // The other session is not held up by it, nor is the other receiver.
    let got = receiver.next().await;
    assert_eq!(got.message(), "2a");
    let mut there: Vec<_> = Vec::new();
    for _ in 0..3 {
        there.push(other.next().await);
    }
    let of_one: Vec<_> = there.iter().map(Got::message).filter(|m| m.starts_with('1')).collect();
    assert_eq!(of_one, ["1b", "1c"]);
    receiver.is_quiet().await;
    receiver.will(Reply::Status(500));
    release.send(500).unwrap();
    let rest = [receiver.next().await, receiver.next().await, receiver.next().await, receiver.next().await];
    assert_eq!(
        rest.each_ref().map(Got::message),
        ["1a", "1a", "1b", "1c"],
        "the first is retried before the next"
    );
    let b = there.iter().find(|g| g.message() == "1b").unwrap();
    assert_eq!(b.header("webhook-id"), rest[2].header("webhook-id"), "one event has one id for all");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_what() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let (ann, bob) = (server.writer("ann").await, server.writer("bob").await);
    let (of_ann, of_bob) = (server.task("ann").await, server.task("bob").await);
    let url = receiver.url();
    let body = |secret: &str| json!({ "url": url, "secret": secret });
    let hook =
        server.hook(&ann, json!({ "url": url, "secret": "a", "events": ["end_turn", "session_end"] })).await;
    server.error(of_ann, "not wanted").await;
    server.happens(of_bob, &turn()).await;
    server.happens(of_ann, &turn()).await;
    assert_eq!(receiver.next().await.json()["sessionId"], json!(of_ann));
    receiver.is_quiet().await;

    // All users' sessions are an administrator's affair.
    let mut all = body("b");
    all["allUsers"] = true.into();
    server.call(&ann, "POST", "/api/webhooks", Some(all.clone())).await.is_error("FORBIDDEN");
    let of_all = server.hook(&server.admin, all).await;
    server.error(of_bob, "heard").await;
    assert_eq!(receiver.next().await.message(), "heard");
    let ids = |v: Value| v.as_array().unwrap().iter().map(|w| w["id"].clone()).collect::<Vec<_>>();
    let list = async |token: &str| ids(server.call(token, "GET", "/api/webhooks", None).await.json());
    assert_eq!(list(&ann).await, [json!(hook)]);
    assert!(list(&bob).await.is_empty());
    assert_eq!(list(&server.admin).await, [json!(hook), json!(of_all)]);
    for path in ["", "/deliveries"] {
        let path = format!("/api/webhooks/{hook}{path}");
        server.call(&bob, "GET", &path, None).await.is_error("NOT_FOUND");
        assert_eq!(server.call(&server.admin, "GET", &path, None).await.status, 200);
    }

    // A task's end is the session's end.
    let path = format!("/api/webhooks/{of_all}");
    assert_eq!(
        server.call(&server.admin, "PATCH", &path, Some(json!({ "enabled": false }))).await.status,
        200
    );
    assert_eq!(server.call(&ann, "DELETE", &format!("/api/v1/tasks/{of_ann}"), None).await.status, 204);
    let got = receiver.next().await.json();
    assert_eq!(
        got["event"],
        json!({ "type": "session_end", "data": { "exitCode": null, "reason": "terminated" } })
    );
    receiver.is_quiet().await;

    // Switched on again, it hears what happens from then on.
    let on = json!({ "enabled": true, "events": ["error"] });
    assert_eq!(server.call(&server.admin, "PATCH", &path, Some(on)).await.status, 200);
    server.happens(of_bob, &turn()).await;
    server.error(of_bob, "again").await;
    assert_eq!(receiver.next().await.message(), "again");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_is_removed_or_switched_off_is_told_nothing_more() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let task = server.task("ann").await;
    let hook = server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    let path = format!("/api/webhooks/{hook}");
    let release = receiver.hold();
    server.error(task, "one").await;
    receiver.next().await;
    server.error(task, "two").await;
    assert_eq!(server.call(&ann, "PATCH", &path, Some(json!({ "enabled": false }))).await.status, 200);
    release.send(500).unwrap();
    receiver.is_quiet().await;
    server.call(&ann, "POST", &format!("{path}/test"), None).await.is_error("INVALID_STATE");
    // What waited goes on when it is switched on, and ends when it is removed.
    let release = receiver.hold();
    assert_eq!(server.call(&ann, "PATCH", &path, Some(json!({ "enabled": true }))).await.status, 200);
    assert_eq!(receiver.next().await.message(), "one");
    assert_eq!(server.call(&ann, "DELETE", &path, None).await.status, 204);
    release.send(500).unwrap();
    receiver.is_quiet().await;
    server.call(&ann, "GET", &path, None).await.is_error("NOT_FOUND");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn private_addresses_are_not_called_by_any_way() {
    let mut receiver = Receiver::start().await;
    let inner =
        Resolver::new(|_| async { Ok(vec!["93.184.216.34".parse().unwrap(), IpAddr::from([127, 0, 0, 1])]) });
    let sealed = webhooks::Options { allow_private: Vec::new(), resolver: inner, ..options() };
    let server = Server::start_telling(sealed).await;
    let ann = server.writer("ann").await;
    let port = receiver.port;
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://2130706433/".to_owned(),
        "http://u:p@a.example/".to_owned(),
    ] {
        let body = json!({ "url": url, "secret": "s" });
        let details = server.call(&ann, "POST", "/api/webhooks", Some(body)).await.is_error("BAD_REQUEST");
        assert_eq!(details["issues"][0]["path"], "url", "{url}");
    }
    // A name is looked at when it is called: one private address is enough to refuse it, for good.
    let url = format!("http://rebind.example:{port}/");
    let hook = server.hook(&ann, json!({ "url": url, "secret": "s" })).await;
    let tested = server.call(&ann, "POST", &format!("/api/webhooks/{hook}/test"), None).await;
    assert_eq!(tested.status, 200, "{}", tested.text());
    let tested = tested.json();
    assert_eq!(tested["state"], "failed");
    let why = tested["attempts"][0]["error"].as_str().unwrap();
    assert!(why.contains("webhooks.allow_private") && !why.contains("127.0.0.1"), "{why}");
    receiver.is_quiet().await;
    server.stop().await;

    // A redirect leads nowhere.
    let (server, mut hidden) = (Server::start_telling(options()).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let hook = server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    receiver.will(Reply::Redirect(hidden.url()));
    let tested = server.call(&ann, "POST", &format!("/api/webhooks/{hook}/test"), None).await.json();
    assert_eq!((&tested["state"], &tested["attempts"][0]["status"]), (&json!("failed"), &json!(307)));
    receiver.next().await;
    hidden.is_quiet().await;
    receiver.is_quiet().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_are_listed_and_delivered_again() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let task = server.task("ann").await;
    let hook = server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    let tested = server.call(&ann, "POST", &format!("/api/webhooks/{hook}/test"), None).await.json();
    assert_eq!((&tested["state"], &tested["attempts"][0]["status"]), (&json!("delivered"), &json!(204)));
    assert_eq!(receiver.next().await.json()["event"]["data"]["test"], true);
    let mut bodies = Vec::new();
    for i in 0..5 {
        server.error(task, &i.to_string()).await;
        bodies.push(receiver.next().await.body);
    }
    server.finished(&ann, &hook).await;
    let mut seen = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = server.deliveries(&ann, &hook, &query).await;
        seen.extend(page["deliveries"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => query = format!("?limit=2&before={next}"),
            None => break,
        }
    }
    let said: Vec<_> =
        seen.iter().map(|d| d["payload"]["event"]["data"]["message"].as_str().unwrap_or("test")).collect();
    assert_eq!(said, ["4", "3", "2", "1", "0", "test"]);

    let third = format!("/api/webhooks/{hook}/deliveries/{}", seen[2]["id"].as_str().unwrap());
    let release = receiver.hold();
    let again = server.call(&ann, "POST", &format!("{third}/redeliver"), None).await;
    assert_eq!(again.status, 202, "{}", again.text());
    assert_eq!(receiver.next().await.body, bodies[2]);
    server.call(&ann, "POST", &format!("{third}/redeliver"), None).await.is_error("INVALID_STATE");
    release.send(200).unwrap();
    server.error(task, "last").await;
    assert_eq!(receiver.next().await.message(), "last");
    let shown = server.call(&ann, "GET", &third, None).await.json();
    assert_eq!((&shown["state"], shown["attempts"].as_array().unwrap().len()), (&json!("delivered"), 2));
    // Another webhook's delivery is none of this one's.
    let other = server.hook(&ann, json!({ "url": receiver.url(), "secret": "s" })).await;
    server.call(&ann, "GET", &third.replace(&hook, &other), None).await.is_error("NOT_FOUND");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_is_never_readable_again() {
    let (server, mut receiver) = (Server::start_telling(options()).await, Receiver::start().await);
    let ann = server.writer("ann").await;
    let task = server.task("ann").await;
    let secret = "a secret that stands out 7f3a9c";
    let hook = server.hook(&ann, json!({ "url": receiver.url(), "secret": secret })).await;
    let path = format!("/api/webhooks/{hook}");
    let changed = format!("{secret} two");
    let answer = server.call(&ann, "PATCH", &path, Some(json!({ "secret": changed }))).await;
    assert_eq!(answer.status, 200);
    server.error(task, "x").await;
    let got = receiver.next().await;
    assert!(verify_webhook_signature(&changed, &got.body, got.header("x-flamecast-signature")));
    server.finished(&ann, &hook).await;
    let mut said = answer.text();
    for path in ["/api/webhooks", &path, &format!("{path}/deliveries")] {
        said += &server.call(&server.admin, "GET", path, None).await.text();
    }
    assert!(!said.contains("stands out"), "{said}");
    let dir = server.dir.path().to_owned();
    server.store.close().await;
    for file in ["lia.db", "lia.db-wal"] {
        let bytes = std::fs::read(dir.join(file)).unwrap_or_default();
        assert!(memchr::memmem::find(&bytes, b"stands out").is_none(), "{file}");
        assert!(file != "lia.db" || memchr::memmem::find(&bytes, hook_bytes(&hook).as_slice()).is_some());
    }
}

fn hook_bytes(id: &str) -> Vec<u8> {
    id.parse::<lia_protocol::ids::WebhookId>().unwrap().0.as_bytes().to_vec()
}
