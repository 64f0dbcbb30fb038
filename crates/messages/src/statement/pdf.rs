//! A statement as pages for people.
//!
//! Pages are written as they fill. The number of pages, the font with just the letters that were used, and the table of
//! objects stand at the end, where PDF lets them: every page refers to them by number. What stays in memory is twelve bytes
//! per page and the letters seen.
//!
//! # Standard
//!
//! ISO 32000-1 (PDF 1.7). The cross-reference table is 7.5.4; the library writes objects, and knows no documents in parts.

use std::io::Write;

use crypto::Sha2;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use money::Amount;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::writers::DocumentInfo;
use pdf_writer::{Chunk, Content, Filter, Name, Rect, Ref, Str, TextStr};

use super::pdf_font::Font;
use super::{Head, Line, StatementError};
use crate::dates::{date, date_time};

const A4: Rect = Rect { x1: 0.0, y1: 0.0, x2: 595.0, y2: 842.0 };
const LEFT: f32 = 48.0;
const RIGHT: f32 = 547.0;
const TOP: f32 = 794.0;
/// Entries end above the footer.
const BOTTOM: f32 = 92.0;
const FOOTER: f32 = 56.0;

const VALUE_AT: f32 = 104.0;
const TEXT_AT: f32 = 160.0;
const TEXT_WIDTH: f32 = 206.0;
/// Right edge of the amounts, whose column is as wide as that of the balances.
const AMOUNT_AT: f32 = 459.0;
const NUMBER_WIDTH: f32 = 84.0;

/// Room for " of 9999".
const TOTAL_WIDTH: f32 = 28.0;

const TITLE: f32 = 16.0;
const BODY: f32 = 8.5;
const SMALL: f32 = 7.0;
const LINE: f32 = 11.0;
const GAP: f32 = 5.0;
/// Lines of text per entry; what is longer ends in an ellipsis, and stands in full in the other forms.
const TEXT_LINES: usize = 4;

const FONT: Name<'static> = Name(b"F");
const TOTAL: Name<'static> = Name(b"T");
const BASE_FONT: Name<'static> = Name(b"STRONG+DejaVuSansCondensed");
const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The objects that stand once; pages and their contents follow.
const CATALOG: i32 = 1;
const PAGES: i32 = 2;
const TYPE0: i32 = 3;
const CID_FONT: i32 = 4;
const DESCRIPTOR: i32 = 5;
const FONT_FILE: i32 = 6;
const TO_UNICODE: i32 = 7;
const PAGE_COUNT: i32 = 8;
const INFO: i32 = 9;
const OBJECTS: usize = 9;

pub(super) struct Pdf<W: Write> {
    out: W,
    /// Bytes written.
    at: u64,
    /// Where object n + 1 begins; 0 until it is written.
    offsets: Vec<u64>,
    pages: Vec<Ref>,
    font: Font,
    content: Content,
    /// Where the next line goes.
    y: f32,
}

impl<W: Write> Pdf<W> {
    pub(super) fn start(head: &Head, mut out: W) -> Result<Self, StatementError> {
        // A comment of bytes above 127 says that this is not text.
        let header = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
        out.write_all(header)?;
        let mut pdf = Self {
            out,
            at: u64::try_from(header.len()).unwrap_or_default(),
            offsets: vec![0; OBJECTS],
            pages: Vec::new(),
            font: Font::new()?,
            content: Content::new(),
            y: TOP,
        };
        pdf.title(head);
        pdf.column_names(head);
        pdf.balance_row("Opening balance", &date(head.from), head, head.opening);
        Ok(pdf)
    }

    pub(super) fn push(
        &mut self,
        head: &Head,
        line: &Line,
        balance: i64,
    ) -> Result<(), StatementError> {
        let texts = self.entry_texts(line);
        let lines = u8::try_from(texts.len().max(1)).unwrap_or(u8::MAX);
        self.room_for(f32::from(lines) * LINE + GAP, head, balance.checked_sub(line.amount))?;
        self.text(LEFT, BODY, &date(line.booking_date));
        self.text(VALUE_AT, BODY, &date(line.value_date));
        self.number(AMOUNT_AT, head, line.amount);
        self.number(RIGHT, head, balance);
        for text in &texts {
            self.text(TEXT_AT, BODY, text);
            self.y -= LINE;
        }
        if texts.is_empty() {
            self.y -= LINE;
        }
        self.y -= GAP;
        Ok(())
    }

    pub(super) fn buffer(&mut self) -> &mut W {
        &mut self.out
    }

    pub(super) fn finish(mut self, head: &Head, digest: &Sha2) -> Result<W, StatementError> {
        self.room_for(LINE * 5.0 + GAP, head, Some(head.closing))?;
        self.y -= GAP;
        self.rule(self.y + LINE);
        self.balance_row("Closing balance", &date(head.to), head, head.closing);
        self.y -= LINE;
        self.text(LEFT, SMALL, &format!("Digest of this statement {digest}"));
        self.y -= LINE;
        if self.font.replaced() {
            let note = "\u{fffd} stands for a letter that this form cannot show. The JSON, CSV and camt.053 forms have all of them.";
            self.text(LEFT, SMALL, note);
        }
        self.end_page(head)?;
        self.write_page_count()?;
        self.write_font()?;
        self.write_document(head)?;
        self.write_table_of_objects()?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn title(&mut self, head: &Head) {
        self.text(LEFT, TITLE, &head.bank_name);
        self.y -= 26.0;
        self.text(LEFT, 12.0, "Account statement");
        self.y -= 20.0;
        let period = format!("{} to {}", date(head.from), date(head.to));
        let number = match head.number {
            Some(number) => format!("{number}, {}", head.id),
            None => head.id.clone(),
        };
        let rows = [
            ("Holder", head.holder.clone()),
            ("Account", head.account.to_string()),
            ("Currency", head.asset.code().to_string()),
            ("Period", period),
            ("Statement", number),
            ("Made at", date_time(head.created_at)),
        ];
        for (name, text) in rows {
            self.text(LEFT, BODY, name);
            let text = self.cut(&text, RIGHT - VALUE_AT, BODY);
            self.text(VALUE_AT, BODY, &text);
            self.y -= LINE + 1.0;
        }
        self.y -= LINE;
    }

    fn column_names(&mut self, head: &Head) {
        self.text(LEFT, SMALL, "Booked");
        self.text(VALUE_AT, SMALL, "Value date");
        self.text(TEXT_AT, SMALL, "Details");
        let code = head.asset.code();
        self.text_right(AMOUNT_AT, SMALL, NUMBER_WIDTH, &format!("Amount {code}"));
        self.text_right(RIGHT, SMALL, NUMBER_WIDTH, &format!("Balance {code}"));
        self.rule(self.y - 4.0);
        self.y -= LINE + GAP;
    }

    fn balance_row(&mut self, name: &str, day: &str, head: &Head, balance: i64) {
        self.text(LEFT, BODY, day);
        self.text(TEXT_AT, BODY, name);
        self.number(RIGHT, head, balance);
        self.y -= LINE + GAP;
    }

    /// A page with so much room; a new one begins with the balance that the last one ended with.
    fn room_for(
        &mut self,
        height: f32,
        head: &Head,
        balance: Option<i64>,
    ) -> Result<(), StatementError> {
        if self.y - height >= BOTTOM {
            return Ok(());
        }
        let balance = balance.ok_or(StatementError::Overflow)?;
        self.end_page(head)?;
        self.y = TOP;
        let running = format!("{}    {}    {}", head.bank_name, head.account, head.id);
        let running = self.cut(&running, RIGHT - LEFT, BODY);
        self.text(LEFT, BODY, &running);
        self.y -= LINE * 2.0;
        self.column_names(head);
        self.balance_row("Brought forward", "", head, balance);
        Ok(())
    }

    /// Who, what for, and under which references.
    fn entry_texts(&self, line: &Line) -> Vec<String> {
        let mut texts = Vec::new();
        let who = [line.counterparty.as_deref(), line.counterparty_account.as_deref()];
        let reversal = line.reversal.then_some("Reversal");
        for text in reversal.into_iter().chain(who.into_iter().flatten()) {
            if !text.trim().is_empty() {
                texts.push(self.cut(text, TEXT_WIDTH, BODY));
            }
        }
        texts.extend(self.wrap(line.text.as_deref().unwrap_or_default()));
        let mut references = line.reference.clone();
        for text in [line.end_to_end_id.as_deref()].into_iter().flatten() {
            references = format!("{references} · {text}");
        }
        if let Some(leaf) = line.leaf_index {
            references = format!("{references} · leaf {leaf}");
        }
        texts.push(self.cut(&references, TEXT_WIDTH, BODY));
        texts
    }

    /// A text in lines of the column's width, broken between words where that is possible.
    fn wrap(&self, text: &str) -> Vec<String> {
        let fits = |text: &str| self.font.width(text) * BODY / 1000.0 <= TEXT_WIDTH;
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        // More than any page shows; the rest is in the other forms.
        let text: String = text.chars().take(1000).collect();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if fits(&longer) {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if !fits(&line) {
                    line.pop();
                    lines.push(std::mem::take(&mut line));
                    line.push(letter);
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        if lines.len() > TEXT_LINES {
            lines.truncate(TEXT_LINES);
            if let Some(last) = lines.last_mut() {
                *last = self.cut(&format!("{last} …"), TEXT_WIDTH, BODY);
            }
        }
        lines
    }

    /// As much of a text as fits, ending in an ellipsis where something is left out.
    fn cut(&self, text: &str, width: f32, size: f32) -> String {
        let fits = |text: &str| self.font.width(text) * size / 1000.0 <= width;
        let text: String = text.chars().take(200).collect();
        if fits(&text) {
            return text;
        }
        let mut kept = text;
        while kept.pop().is_some() {
            let shortened = format!("{}…", kept.trim_end());
            if fits(&shortened) {
                return shortened;
            }
        }
        kept
    }

    fn text(&mut self, x: f32, size: f32, text: &str) {
        let glyphs = self.font.encode(text);
        self.show(x, size, &glyphs.bytes);
    }

    /// A text that ends at `x`, smaller where it is wider than its column.
    fn text_right(&mut self, x: f32, size: f32, width: f32, text: &str) {
        let glyphs = self.font.encode(text);
        let natural = glyphs.width * size / 1000.0;
        let size = if natural > width { size * width / natural } else { size };
        self.show(x - glyphs.width * size / 1000.0, size, &glyphs.bytes);
    }

    fn show(&mut self, x: f32, size: f32, glyphs: &[u8]) {
        self.content.begin_text().set_font(FONT, size).next_line(x, self.y);
        self.content.show(Str(glyphs)).end_text();
    }

    /// An amount with thousands grouped and a true minus.
    fn number(&mut self, x: f32, head: &Head, minor: i64) {
        let magnitude = minor.checked_abs().and_then(|m| Amount::new(m, head.asset.code()).ok());
        let text = match magnitude {
            Some(amount) => amount.format(head.asset.scale()),
            // i64::MIN alone has no magnitude.
            None => crate::decimal::plain(minor.unsigned_abs(), head.asset.scale()),
        };
        let sign = if minor < 0 { "\u{2212}" } else { "" };
        self.text_right(x, BODY, NUMBER_WIDTH, &format!("{sign}{text}"));
    }

    fn rule(&mut self, y: f32) {
        self.content.set_line_width(0.5).move_to(LEFT, y).line_to(RIGHT, y).stroke();
    }

    /// Writes the page that is being filled.
    fn end_page(&mut self, head: &Head) -> Result<(), StatementError> {
        let receipt = &head.receipt;
        let number = self.pages.len().saturating_add(1);
        self.y = FOOTER;
        self.rule(FOOTER + LINE);
        let place = format!(
            "Made as of log {}, whose checkpoint of {} leaves has the root hash",
            receipt.log, receipt.checkpoint_size
        );
        let place = self.cut(&place, RIGHT - LEFT, SMALL);
        self.text(LEFT, SMALL, &place);
        self.y -= LINE;
        self.text(LEFT, SMALL, &receipt.root_text());
        // "of y" is an object of its own, written when it is known.
        let total_at = RIGHT - TOTAL_WIDTH;
        self.text_right(total_at, SMALL, NUMBER_WIDTH, &format!("page {number}"));
        let moved = [1.0, 0.0, 0.0, 1.0, total_at, self.y];
        self.content.save_state().transform(moved).x_object(TOTAL).restore_state();

        let content = std::mem::replace(&mut self.content, Content::new()).finish();
        let content = compressed(content.as_slice())?;
        let page = self.next_object();
        let content_ref = self.next_object();
        let mut chunk = Chunk::new();
        chunk.stream(content_ref, &content).filter(Filter::FlateDecode);
        self.emit(content_ref, &chunk)?;
        let mut chunk = Chunk::new();
        let mut dict = chunk.page(page);
        dict.parent(Ref::new(PAGES)).media_box(A4).contents(content_ref);
        let mut resources = dict.resources();
        resources.fonts().pair(FONT, Ref::new(TYPE0));
        resources.x_objects().pair(TOTAL, Ref::new(PAGE_COUNT));
        drop(resources);
        drop(dict);
        self.emit(page, &chunk)?;
        self.pages.push(page);
        Ok(())
    }

    fn write_page_count(&mut self) -> Result<(), StatementError> {
        let text = self.font.encode(&format!(" of {}", self.pages.len()));
        let mut content = Content::new();
        content.begin_text().set_font(FONT, SMALL).next_line(0.0, 0.0);
        content.show(Str(&text.bytes)).end_text();
        let content = compressed(content.finish().as_slice())?;
        let mut chunk = Chunk::new();
        let mut form = chunk.form_xobject(Ref::new(PAGE_COUNT), &content);
        form.bbox(Rect::new(0.0, -SMALL, NUMBER_WIDTH, SMALL * 2.0));
        form.resources().fonts().pair(FONT, Ref::new(TYPE0));
        form.filter(Filter::FlateDecode);
        drop(form);
        self.emit(Ref::new(PAGE_COUNT), &chunk)
    }

    fn write_font(&mut self) -> Result<(), StatementError> {
        let metrics = self.font.metrics();
        let mut chunk = Chunk::new();
        let mut type0 = chunk.type0_font(Ref::new(TYPE0));
        type0.base_font(BASE_FONT).encoding_predefined(Name(b"Identity-H"));
        type0.descendant_font(Ref::new(CID_FONT)).to_unicode(Ref::new(TO_UNICODE));
        drop(type0);
        self.emit(Ref::new(TYPE0), &chunk)?;

        let mut chunk = Chunk::new();
        let mut cid = chunk.cid_font(Ref::new(CID_FONT));
        cid.subtype(CidFontType::Type2).base_font(BASE_FONT).system_info(IDENTITY);
        cid.font_descriptor(Ref::new(DESCRIPTOR)).default_width(0.0);
        cid.cid_to_gid_map_predefined(Name(b"Identity"));
        cid.widths().consecutive(0, self.font.widths());
        drop(cid);
        self.emit(Ref::new(CID_FONT), &chunk)?;

        let [x1, y1, x2, y2] = metrics.bbox;
        let mut chunk = Chunk::new();
        let mut descriptor = chunk.font_descriptor(Ref::new(DESCRIPTOR));
        descriptor.name(BASE_FONT).flags(FontFlags::SYMBOLIC).bbox(Rect::new(x1, y1, x2, y2));
        descriptor.italic_angle(0.0).ascent(metrics.ascent).descent(metrics.descent);
        descriptor.cap_height(metrics.cap_height).stem_v(80.0).font_file2(Ref::new(FONT_FILE));
        drop(descriptor);
        self.emit(Ref::new(DESCRIPTOR), &chunk)?;

        let file = self.font.subset()?;
        let length = i32::try_from(file.len()).unwrap_or(i32::MAX);
        let file = compressed(&file)?;
        let mut chunk = Chunk::new();
        let mut stream = chunk.stream(Ref::new(FONT_FILE), &file);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        drop(stream);
        self.emit(Ref::new(FONT_FILE), &chunk)?;

        let mut map: UnicodeCmap = UnicodeCmap::new(Name(b"Strongroom"), IDENTITY);
        for (glyph, letter) in self.font.letters() {
            map.pair(*glyph, *letter);
        }
        let map = compressed(map.finish().as_slice())?;
        let mut chunk = Chunk::new();
        chunk.cmap(Ref::new(TO_UNICODE), &map).filter(Filter::FlateDecode);
        self.emit(Ref::new(TO_UNICODE), &chunk)
    }

    fn write_document(&mut self, head: &Head) -> Result<(), StatementError> {
        let mut chunk = Chunk::new();
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        chunk.pages(Ref::new(PAGES)).kids(self.pages.iter().copied()).count(count);
        self.emit(Ref::new(PAGES), &chunk)?;
        let mut chunk = Chunk::new();
        let mut catalog =
            chunk.indirect(Ref::new(CATALOG)).start::<pdf_writer::writers::Catalog<'_>>();
        catalog.pages(Ref::new(PAGES)).lang(TextStr("en"));
        drop(catalog);
        self.emit(Ref::new(CATALOG), &chunk)?;
        let title = format!("Account statement {} {}", head.account, head.id);
        let mut chunk = Chunk::new();
        let mut info = chunk.indirect(Ref::new(INFO)).start::<DocumentInfo<'_>>();
        info.title(TextStr(&title)).author(TextStr(&head.bank_name));
        drop(info);
        self.emit(Ref::new(INFO), &chunk)
    }

    fn write_table_of_objects(&mut self) -> Result<(), StatementError> {
        let start = self.at;
        let size = self.offsets.len().saturating_add(1);
        // Every line of the table has 20 bytes, the line end included.
        writeln!(self.out, "xref\n0 {size}\n0000000000 65535 f ")?;
        for offset in &self.offsets {
            writeln!(self.out, "{offset:010} 00000 n ")?;
        }
        write!(
            self.out,
            "trailer\n<< /Size {size} /Root {CATALOG} 0 R /Info {INFO} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        )?;
        Ok(())
    }

    fn next_object(&mut self) -> Ref {
        self.offsets.push(0);
        Ref::new(i32::try_from(self.offsets.len()).unwrap_or(i32::MAX))
    }

    /// Writes one object and notes where it begins.
    fn emit(&mut self, object: Ref, chunk: &Chunk) -> Result<(), StatementError> {
        let index = usize::try_from(object.get()).unwrap_or_default().saturating_sub(1);
        if let Some(offset) = self.offsets.get_mut(index) {
            *offset = self.at;
        }
        self.out.write_all(chunk.as_bytes())?;
        self.at = self.at.saturating_add(u64::try_from(chunk.len()).unwrap_or_default());
        Ok(())
    }
}

fn compressed(bytes: &[u8]) -> Result<Vec<u8>, StatementError> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
