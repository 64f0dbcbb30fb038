//! What two people put in force, and what became of a wish.

use client::{ClientError, Settled, Wish};

use crate::Bank;

impl Bank {
    /// The administrator proposes a policy, the manager approves it.
    pub async fn put_in_force(&self, policy: &str, scope: &str, value: &str) {
        let wish = Wish::propose_policy(policy.into(), scope.into(), value.into());
        let proposed = self.admin().await.submit(wish).await.unwrap();
        let wish = Wish::approve_policy(proposed.receipt.intent_id, true);
        self.manager().await.submit(wish).await.unwrap();
    }
}

/// The code of an outcome, accepted or refused.
///
/// # Panics
///
/// If it is neither.
pub fn code_of(answer: &Result<Settled, ClientError>) -> &str {
    match answer {
        Ok(settled) => &settled.receipt.code,
        Err(ClientError::Refused { problem, .. }) => &problem.code,
        Err(other) => panic!("neither accepted nor refused: {other}"),
    }
}
