//! Users whose tokens are refused because auth-service has deleted them.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::ArcSwap;
use shared_claims::UserId;

/// The deleted users whose tokens may not have expired. Readers take no lock.
#[derive(Debug, Default)]
pub struct RefusedUsers(ArcSwap<HashSet<UserId>>);

impl RefusedUsers {
    /// Whether requests of this user are refused.
    pub fn contain(&self, user: &UserId) -> bool {
        self.0.load().contains(user)
    }

    /// Refuses this user too.
    pub fn add(&self, user: &UserId) {
        self.0.rcu(|users| {
            let mut users = HashSet::clone(users);
            users.insert(user.clone());
            users
        });
    }

    /// Refuses exactly these users.
    pub fn replace(&self, users: HashSet<UserId>) {
        self.0.store(Arc::new(users));
    }
}
