//! Invitations: how a bank hands a registration to someone who is to enrol.

use std::fmt;
use std::str::FromStr;

use crypto::SecretBytes;
use serde::{Deserialize, Serialize};

use crate::{ClientError, UserName, base64url};

const PREFIX: &str = "strongroom-invitation-1.";

/// A registration as one word to hand over: who enrols, and the one-time token that lets them.
///
/// Secret: whoever redeems it first is the user. Its text is the prefix and the base64url of a
/// JSON object with `user`, `role`, `name` and `token`.
pub struct Invitation {
    /// Who is invited, and as what.
    pub user: UserName,
    /// The one-time token.
    pub token: SecretBytes,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Text {
    user: String,
    role: String,
    name: String,
    token: String,
}

impl Invitation {
    /// The one word. Named so that it is not printed by accident.
    #[must_use]
    pub fn expose(&self) -> String {
        let text = Text {
            user: self.user.id.to_string(),
            role: self.user.role.name().to_owned(),
            name: self.user.name.clone(),
            token: base64url::encode(self.token.expose()),
        };
        let json = serde_json::to_vec(&text).unwrap_or_default();
        format!("{PREFIX}{}", base64url::encode(&json))
    }
}

impl FromStr for Invitation {
    type Err = ClientError;

    fn from_str(word: &str) -> Result<Self, ClientError> {
        const BAD: ClientError = ClientError::Answer { what: "invitation" };
        let json = base64url::decode(word.trim().strip_prefix(PREFIX).ok_or(BAD)?, "invitation")?;
        let text: Text = serde_json::from_slice(&json).map_err(|_| BAD)?;
        let (id, role) = (text.user.parse()?, text.role.parse()?);
        let token = SecretBytes::new(base64url::decode(&text.token, "invitation")?);
        Ok(Self { user: UserName { id, role, name: text.name }, token })
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use intent::{Role, UserId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_no_invitation_is_refused() {
        let unknown_member =
            format!("{PREFIX}{}", base64url::encode(br#"{"user":"x","extra":"y"}"#));
        for word in ["", "hello", PREFIX, "strongroom-invitation-2.e30", &unknown_member] {
            assert!(word.parse::<Invitation>().is_err(), "{word:?}");
        }
    }

    #[test]
    fn an_invitation_survives_being_written_down_and_hides_its_token_from_logs() {
        let user = UserName {
            id: UserId::new(Uuid::from_bytes([7; 16])),
            role: Role::Manager,
            name: "Zo\u{eb}".to_owned(),
        };
        let invitation = Invitation { user, token: SecretBytes::new(vec![3; 32]) };
        let back: Invitation = format!("  {}\n", invitation.expose()).parse().unwrap();
        assert_eq!(back.user, invitation.user);
        assert_eq!(back.token.expose(), [3; 32]);
        assert!(!format!("{invitation:?}").contains("token:"));
    }
}
