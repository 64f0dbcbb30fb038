//! XML to strangers: every text escaped, every character one that XML has, every element closed.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document that is being written, one element per line.
pub(crate) struct XmlWriter<W: Write> {
    xml: Writer<W>,
    open: Vec<&'static str>,
}

impl<W: Write> XmlWriter<W> {
    /// Begins `Document` in this namespace.
    pub(crate) fn start(out: W, namespace: &str) -> io::Result<Self> {
        let mut xml = Writer::new_with_indent(out, b' ', 1);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let root = BytesStart::new("Document").with_attributes([("xmlns", namespace)]);
        xml.write_event(Event::Start(root))?;
        Ok(Self { xml, open: vec!["Document"] })
    }

    pub(crate) fn open(&mut self, name: &'static str) -> io::Result<()> {
        self.xml.write_event(Event::Start(BytesStart::new(name)))?;
        self.open.push(name);
        Ok(())
    }

    /// Ends what was opened last.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        match self.open.pop() {
            Some(name) => self.xml.write_event(Event::End(BytesEnd::new(name))),
            None => Ok(()),
        }
    }

    /// An element that holds a text.
    pub(crate) fn leaf(&mut self, name: &'static str, text: &str) -> io::Result<()> {
        let text = printable(text);
        self.xml.create_element(name).write_text_content(BytesText::new(&text))?;
        Ok(())
    }

    /// A text of at most `max` characters; the rest is left out.
    pub(crate) fn leaf_cut(
        &mut self,
        name: &'static str,
        text: &str,
        max: usize,
    ) -> io::Result<()> {
        let text: String = text.chars().take(max).collect();
        self.leaf(name, &text)
    }

    /// As many elements of at most `max` characters as the text needs.
    pub(crate) fn leaves(&mut self, name: &'static str, text: &str, max: usize) -> io::Result<()> {
        let mut rest = text.chars().peekable();
        while rest.peek().is_some() {
            let part: String = rest.by_ref().take(max).collect();
            self.leaf(name, &part)?;
        }
        Ok(())
    }

    /// An amount with its currency.
    pub(crate) fn amount(
        &mut self,
        name: &'static str,
        amount: &str,
        currency: &str,
    ) -> io::Result<()> {
        let element = self.xml.create_element(name).with_attribute(("Ccy", currency));
        element.write_text_content(BytesText::new(amount))?;
        Ok(())
    }

    pub(crate) fn get_mut(&mut self) -> &mut W {
        self.xml.get_mut()
    }

    /// Closes everything, flushes, and gives the writer back.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        while !self.open.is_empty() {
            self.close()?;
        }
        let mut out = self.xml.into_inner();
        out.write_all(b"\n")?;
        out.flush()?;
        Ok(out)
    }
}

/// XML 1.0 has no control characters and no two of the noncharacters, not even escaped.
fn printable(text: &str) -> String {
    let bad = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if bad(c) { ' ' } else { c }).collect()
}
