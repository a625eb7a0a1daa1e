//! What users do with an identity provider.

use serde_json::{Value, json};
use url::Url;

use super::super::person::{Answer, Person};
use super::super::stack::Stack;
use super::Population;

impl Population {
    /// Signs somebody in by a provider, refreshes their tokens, and leaves another sign-in unfinished.
    pub(super) async fn sign_in_by_a_provider(&mut self, stack: &Stack) {
        let setting: Value = serde_json::from_str(&stack.provider.setting()).unwrap();
        self.note_secret("a client secret", setting["acme"]["clientSecret"].as_str().unwrap());
        let mut nora = Person { password: String::new(), ..Person::new("nora") };
        let begun = self.begin(stack, &mut nora).await;
        let person = json!({"email": nora.email, "name": "nora", "refresh": true});
        let back: Url = stack.provider.sign_in(&begun, &person).await.parse().unwrap();
        let (_, code) = back.query_pairs().find(|(name, _)| name == "code").unwrap();
        self.note_secret("the authorization code of nora", &code);
        let callback = format!("/callback/acme?{}", back.query().unwrap());
        let entered = nora.get(&stack.auth, &callback).await;
        assert_eq!(
            (entered.status.as_u16(), entered.header("location").as_deref()),
            (302, Some("/there")),
            "{entered:?}"
        );
        nora.take(&entered);
        self.note(&nora);

        let accounts = nora.get(&stack.auth, "/list-accounts").await.body;
        let chosen = json!({"accountId": accounts[0]["id"]});
        for path in ["/get-access-token", "/refresh-token", "/get-access-token"] {
            let tokens = nora.post(&stack.auth, path, &chosen).await;
            assert_eq!(tokens.status, 200, "{tokens:?}");
            self.note_tokens(&tokens);
        }
        let mut omar = Person { password: String::new(), ..Person::new("omar") };
        self.begin(stack, &mut omar).await;
    }

    /// Begins a sign-in. Returns the authorization URL.
    async fn begin(&mut self, stack: &Stack, person: &mut Person) -> String {
        let body = json!({"provider": "acme", "callbackURL": "/there"});
        let begun = person.post(&stack.auth, "/sign-in/social", &body).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        person.take(&begun);
        self.note(person);
        let url: Url = begun.body["url"].as_str().unwrap().parse().unwrap();
        let (_, state) = url.query_pairs().find(|(name, _)| name == "state").unwrap();
        self.note_secret(&format!("the state of {}", person.name), &state);
        url.into()
    }

    fn note_tokens(&mut self, answer: &Answer) {
        for name in ["accessToken", "refreshToken", "idToken"] {
            if let Some(token) = answer.body[name].as_str() {
                self.note_secret(&format!("{name} of nora"), token);
            }
        }
    }
}
