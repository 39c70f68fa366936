//! Every call needs a token. A token that cannot be had is asked for as often as any other call is
//! tried, and not that often for each try of the call that needs it.

use accuroform::manifest;
use accuroform::sim::{Faults, Generate, Sim, World};

use crate::random_matrix::Way;
use crate::world::manifest as with_head;

#[tokio::test]
async fn a_token_that_cannot_be_had_is_asked_for_once_and_three_times_more() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let (manifest, _): (manifest::Manifest, _) =
        with_head("users: [{profile: ocean, all_offices: true}]\n");
    for fault in ["status: 503", "reset: before", "status: 429"] {
        let world = World::generate(&Generate { offices: 1, providers: 1, seed: 1 });
        let faults = Faults::parse(&format!("- {{on: token, {fault}}}\n")).unwrap();
        let sim = Sim::open(world, None).unwrap().with_faults(&faults).unwrap();
        let way = Way::open(sim, &manifest, 0, "token").await;
        assert!(way.plan().await.is_none(), "nothing can be read without a token");
        assert_eq!(way.serving.requests().len(), 4, "{fault}");
        way.close().await;
    }
}
