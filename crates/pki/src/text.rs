//! What text may stand in a certificate that a person will read in a terminal or a console.

/// Whether `text` is 1..=`bytes_max` bytes without control, invisible or direction-changing characters.
pub(crate) fn is_plain(text: &str, bytes_max: usize) -> bool {
    !text.is_empty()
        && text.len() <= bytes_max
        && text.trim() == text
        && !text.chars().any(is_deceptive)
}

/// `text` with every deceptive character written as `\u{…}`, for names that others put into certificates.
pub(crate) fn defused(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, zero-width characters and the bidirectional controls of UAX #9: each can make a
/// name look like another one.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deceptive_or_oversize_text_is_refused() {
        for bad in ["", " a", "a ", "a\nb", "a\u{1b}[2Jb", "a\u{202E}b", "a\u{200B}b", "12345"] {
            assert!(!is_plain(bad, 4), "{bad:?}");
        }
        assert!(is_plain("Ä b", 4));
    }

    #[test]
    fn a_name_of_others_is_defused_for_the_terminal() {
        assert_eq!(defused("a\u{202E}b\u{9b}"), "a\\u{202e}b\\u{9b}");
    }
}
