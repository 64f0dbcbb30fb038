//! Claims.
use crypto::{Sha3, Suite};
pub const DEFENSE_VERSION: u32 = 1;
pub const FIRST_GENERATION: u32 = 1;
pub const CHALLENGE: &str = "nonce256-60s";
pub const SECURITY_LAYERS_OID: &str =
    "1.2.840.113556.1.8000.2554.40252.8034.23310.19594.42964.4088242.9460863";
/// The claims.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ControlClaims {
    pub defense_version: u32,
    pub bank: String,
    pub user_id: [u8; 16],
    pub role: String,
    pub suite: Suite,
    pub device_id: Sha3,
    pub purpose_scope: String,
    pub allowed_actions: Vec<String>,
    pub crl_url: String,
    pub crl_number: u64,
    pub parent_ca_fp: Sha3,
    pub lineage: Sha3,
    pub generation: u32,
    pub previous: Option<Sha3>,
    pub challenge: String,
}
