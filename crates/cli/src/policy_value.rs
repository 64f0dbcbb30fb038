//! The value of a policy as people type it, in the one spelling that is signed.

use intent::canonical::{self, Value};

/// The canonical form of a JSON object of strings and whole numbers.
pub(crate) fn canonical(typed: &str) -> Result<String, String> {
    let parsed: serde_json::Map<String, serde_json::Value> = serde_json::from_str(typed)
        .map_err(|error| format!("the value is no JSON object: {error}"))?;
    let members: Result<_, String> = parsed
        .into_iter()
        .map(|(name, value)| match value {
            serde_json::Value::String(text) => Ok((name.into(), Value::String(text.into()))),
            serde_json::Value::Number(number) if number.is_u64() => {
                Ok((name.into(), Value::String(number.to_string().into())))
            }
            _ => Err(format!("{name} must be a string or a whole number")),
        })
        .collect();
    let bytes = canonical::write(&Value::Object(members?));
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_gets_one_spelling() {
        let typed = r#"{ "per_minute": 100, "per_day": "20000" }"#;
        assert_eq!(canonical(typed).unwrap(), r#"{"per_day":"20000","per_minute":"100"}"#);
        for refused in ["", "[]", r#"{"a":1.5}"#, r#"{"a":-1}"#, r#"{"a":{}}"#] {
            assert!(canonical(refused).is_err(), "{refused}");
        }
    }
}
