//! What is stored and logged of a sign-in at a provider.

use local_stack::testing::IdentityProvider;
use serde_json::json;

use super::{come_back, enter, location, service, session_cookie};
use crate::support::email;
use crate::tokens::claims;

#[tokio::test]
async fn the_token_says_that_a_provider_authenticated_the_user() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    let entered = enter(&auth, &provider, &json!({"email": email("alice")})).await;
    let claims = claims(&entered.header("set-auth-jwt").unwrap());
    assert_eq!((&claims["amr"], &claims["acr"]), (&json!(["fed"]), &json!("urn:latchkey:1fa")));
    session_cookie(&entered);
}

#[tokio::test]
async fn a_state_is_used_once_and_deleted_when_it_expires() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    let body = json!({"provider": "acme", "callbackURL": "/there", "errorCallbackURL": "/sign-in"});
    let person = json!({"email": email("alice")});
    let begun = auth.post("/sign-in/social", &body).await;
    assert_eq!(auth.count("authorization_requests").await, 1);
    assert_eq!(location(&come_back(&auth, &provider, &begun, &person).await), "/there");
    assert_eq!(auth.count("authorization_requests").await, 0);
    assert!(location(&come_back(&auth, &provider, &begun, &person).await).ends_with("?error=state_mismatch"));

    let begun = auth.post("/sign-in/social", &body).await;
    let superuser = auth.superuser().await;
    superuser.execute("UPDATE authorization_requests SET expires_at = now()", &[]).await.unwrap();
    let late = come_back(&auth, &provider, &begun, &person).await;
    assert_eq!(location(&late), "/sign-in?error=state_mismatch");
    auth.post("/sign-in/social", &body).await;
    let long_ago = "UPDATE authorization_requests SET expires_at = now() - interval '11 min'";
    superuser.execute(long_ago, &[]).await.unwrap();
    auth.post("/sign-in/social", &body).await;
    assert_eq!(auth.count("authorization_requests").await, 1, "the one that expired long ago was deleted");
}
