//! What the clients of many clinics share, and what they must never share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use accuroform::bridge::{Client, HostLimits, Reader, Settings, Traffic};
use base64::Engine as _;
use secrecy::SecretString;
use serde_json::json;

use super::stand_in::{Reply, Script, StandIn, settings, token};

/// A clinic's settings: everything secret carries its name.
fn of(clinic: &str, url: &str) -> Settings {
    let secret = |what: &str| SecretString::from(format!("{what}-of-{clinic}"));
    Settings {
        client_id: secret("id"),
        client_secret: secret("secret"),
        query: vec![("tenant".to_owned(), secret("tenant"))],
        headers: vec![("X-Subscription-Key".to_owned(), secret("key"))],
        ..settings(url)
    }
}

fn reader(settings: Settings, traffic: &Traffic) -> Reader {
    Reader::new(Arc::new(Client::sharing(settings, traffic).unwrap()))
}

/// Lists the offices with every reader twice, all side by side.
async fn all_at_once(readers: &[Reader]) {
    let calls = readers.iter().flat_map(|reader| [reader.offices(), reader.offices()]);
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn clients_of_one_host_keep_its_limit_together() {
    let offices = Reply::Together(2, Box::new(Reply::wire(200, "offices.json")));
    let server = StandIn::scripted(Script::contract().on("GET /rest/v1/offices", [offices]));
    let traffic = Traffic::limited(HostLimits { calls: Some(2), calls_per_second: None });
    let readers: Vec<Reader> =
        ["one", "two", "three"].map(|clinic| reader(of(clinic, &server.url()), &traffic)).into();
    all_at_once(&readers).await;
    assert_eq!(server.calls("GET /rest/v1/offices").len(), 6);
    assert_eq!(server.most_waiting(), 2);
}

#[tokio::test]
async fn clients_of_one_host_keep_its_pace_together() {
    let server = StandIn::scripted(Script::contract());
    let traffic = Traffic::limited(HostLimits { calls: None, calls_per_second: Some(20) });
    let readers: Vec<Reader> =
        ["one", "two", "three"].map(|clinic| reader(of(clinic, &server.url()), &traffic)).into();
    let begun = Instant::now();
    all_at_once(&readers).await;
    // Three token calls and six others, a twentieth of a second apart.
    assert_eq!(server.seen().len(), 9);
    assert!(begun.elapsed() >= Duration::from_millis(8 * 50), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn another_host_has_a_limit_of_its_own() {
    let offices = || Reply::Together(1, Box::new(Reply::wire(200, "offices.json")));
    let servers = [(); 2]
        .map(|()| StandIn::scripted(Script::contract().on("GET /rest/v1/offices", [offices()])));
    let traffic = Traffic::limited(HostLimits { calls: Some(1), calls_per_second: None });
    let readers: Vec<Reader> =
        servers.iter().map(|server| reader(of("one", &server.url()), &traffic)).collect();
    all_at_once(&readers).await;
    assert_eq!(servers.each_ref().map(StandIn::most_waiting), [1, 1]);
}

#[tokio::test]
async fn clinics_that_share_connections_share_no_secret() {
    let server = StandIn::start(|seen| {
        if seen.path != "/oauth/token" {
            return Reply::json(200, &json!([]));
        }
        let basic = seen.header("authorization").unwrap().strip_prefix("Basic ").unwrap();
        let decoded = base64::engine::general_purpose::STANDARD.decode(basic).unwrap();
        let text = String::from_utf8(decoded).unwrap();
        token(&format!("token-for-{}", text.split_once(":secret-of-").unwrap().1))
    });
    let traffic = Traffic::default();
    let clinics = ["one", "two", "three"];
    let readers: Vec<Reader> =
        clinics.map(|clinic| reader(of(clinic, &server.url()), &traffic)).into();
    all_at_once(&readers).await;
    for clinic in clinics {
        let key = format!("key-of-{clinic}");
        let of_this =
            |seen: &super::stand_in::Seen| seen.header("x-subscription-key") == Some(key.as_str());
        let seen: Vec<_> = server.seen().into_iter().filter(of_this).collect();
        let calls: Vec<_> = seen.iter().filter(|seen| seen.path != "/oauth/token").collect();
        assert_eq!((seen.len(), calls.len()), (3, 2), "{clinic}: one token and two calls");
        for call in calls {
            let bearer = format!("Bearer token-for-{clinic}");
            assert_eq!(call.header("authorization"), Some(bearer.as_str()));
            assert_eq!(call.query(), [("tenant".to_owned(), format!("tenant-of-{clinic}"))]);
        }
    }
}
