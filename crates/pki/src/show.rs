//! For a person.
use crate::certificate::Certificate;
pub fn show(certificate: &Certificate) -> String {
    todo!()
}
