//! What can be said of the Ocean site as a whole.

/// That the site works with a user whom the manifest does not manage, and what to do.
pub fn other_user(site: &str, user: &str) -> (String, &'static str) {
    let message = format!(
        "Ocean site {site} works with the EMR user `{user}`, which the manifest does not manage"
    );
    (message, "check `ocean.site` and the user's name")
}
