//! The one font of our PDFs, `DejaVu Sans Condensed`, of which a document carries the letters that it uses.
//!
//! A letter is looked up in the font and nowhere else: there is no encoding in which it could become another one. What the
//! font cannot show, or what has to be shaped or written from right to left, is shown as U+FFFD.

use std::collections::BTreeMap;

use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};
use unicode_normalization::UnicodeNormalization;

use super::StatementError;

const DEJAVU: &[u8] = include_bytes!("../../assets/DejaVuSansCondensed.ttf");
/// Shown for what cannot be.
const REPLACEMENT: char = '\u{fffd}';
/// PDF measures glyphs in thousandths of the font size.
const PDF_UNITS: f32 = 1000.0;

pub(super) struct Font {
    face: Face<'static>,
    used: GlyphRemapper,
    letters: BTreeMap<u16, char>,
    replaced: bool,
}

/// A text as the glyphs of a font.
pub(super) struct Glyphs {
    /// Two bytes each, as a content stream shows them.
    pub(super) bytes: Vec<u8>,
    /// In thousandths of the font size.
    pub(super) width: f32,
}

/// What a PDF says about its font.
pub(super) struct Metrics {
    pub(super) ascent: f32,
    pub(super) descent: f32,
    pub(super) cap_height: f32,
    pub(super) bbox: [f32; 4],
}

impl Font {
    pub(super) fn new() -> Result<Self, StatementError> {
        let face = Face::parse(DEJAVU, 0).map_err(|_| StatementError::Font("cannot be parsed"))?;
        Ok(Self { face, used: GlyphRemapper::new(), letters: BTreeMap::new(), replaced: false })
    }

    /// The glyphs of a text, which from now on are part of the document.
    pub(super) fn encode(&mut self, text: &str) -> Glyphs {
        let mut glyphs = Glyphs { bytes: Vec::new(), width: 0.0 };
        for letter in text.nfc() {
            let (letter, glyph) = self.glyph(letter);
            self.replaced |= letter == REPLACEMENT;
            let new = self.used.remap(glyph.0);
            self.letters.insert(new, letter);
            glyphs.bytes.extend(new.to_be_bytes());
            glyphs.width += self.advance(glyph);
        }
        glyphs
    }

    /// How wide a text would be, in thousandths of the font size.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.nfc().map(|letter| self.advance(self.glyph(letter).1)).sum()
    }

    /// Whether something had to be shown as U+FFFD.
    pub(super) const fn replaced(&self) -> bool {
        self.replaced
    }

    /// The letter that is shown for this one, and its glyph.
    fn glyph(&self, letter: char) -> (char, GlyphId) {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        let found = if stands_alone(letter) { self.face.glyph_index(letter) } else { None };
        match found {
            Some(glyph) => (letter, glyph),
            None => (REPLACEMENT, self.face.glyph_index(REPLACEMENT).unwrap_or_default()),
        }
    }

    fn advance(&self, glyph: GlyphId) -> f32 {
        self.scaled(f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()))
    }

    fn scaled(&self, units: f32) -> f32 {
        units * PDF_UNITS / f32::from(self.face.units_per_em())
    }

    /// The font file with the glyphs that were used.
    pub(super) fn subset(&self) -> Result<Vec<u8>, StatementError> {
        subsetter::subset(DEJAVU, 0, &self.used)
            .map_err(|_| StatementError::Font("cannot be cut to its letters"))
    }

    /// The widths of the glyphs of the subset, in its order.
    pub(super) fn widths(&self) -> Vec<f32> {
        self.used.remapped_gids().map(|glyph| self.advance(GlyphId(glyph))).collect()
    }

    /// Which letter each glyph of the subset shows.
    pub(super) const fn letters(&self) -> &BTreeMap<u16, char> {
        &self.letters
    }

    pub(super) fn metrics(&self) -> Metrics {
        let scaled = |units: i16| self.scaled(f32::from(units));
        let bbox = self.face.global_bounding_box();
        Metrics {
            ascent: scaled(self.face.ascender()),
            descent: scaled(self.face.descender()),
            cap_height: scaled(self.face.capital_height().unwrap_or_default()),
            bbox: [bbox.x_min, bbox.y_min, bbox.x_max, bbox.y_max].map(scaled),
        }
    }
}

/// Whether a letter shows the same wherever it stands: no marks that must be placed, no script that joins its letters or runs
/// from right to left, nothing invisible.
fn stands_alone(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter,
            '\u{ad}'
            | '\u{300}'..='\u{36f}'
            | '\u{590}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{1800}'..='\u{18af}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{fb1d}'..='\u{fdff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{fe70}'..='\u{feff}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_beyond_latin_one_keep_themselves_and_the_others_are_seen_to_be_missing() {
        let mut font = Font::new().unwrap();
        let text = "Łukasz Žižek ÅÄÖ ßẞ Ђорђе Ωμέγα ﬁ — ’ € ₺";
        let glyphs = font.encode(text);
        let shown: String = glyphs
            .bytes
            .chunks(2)
            .map(|id| font.letters()[&u16::from_be_bytes([id[0], id[1]])])
            .collect();
        assert_eq!(shown, text.nfc().collect::<String>());
        assert!(!font.replaced());
        // Decomposed letters are the same letters.
        assert_eq!(font.encode("A\u{30a}").bytes, font.encode("Å").bytes);
        for text in ["שלום", "محمد", "李", "😀", "a\u{202e}b", "\u{200b}", "q\u{301}"] {
            let mut font = Font::new().unwrap();
            font.encode(text);
            assert!(font.replaced(), "{text}");
        }
        assert!(Font::new().unwrap().face.glyph_index(REPLACEMENT).is_some());
    }
}
