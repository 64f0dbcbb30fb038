//! XML from strangers: bounded first, then parsed, then read element by element against a schema's order.
//!
//! Two readers, each for what it is good at. `quick-xml` streams over the bytes in constant memory and refuses what could
//! hurt: document types, entities, depth, length. `roxmltree` then checks that the document is well-formed and resolves
//! prefixes to namespaces.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use roxmltree::{Document, Node, ParsingOptions};

use crate::error::{FileError, Place, Problem, shown};
use crate::limits::Limits;

/// No message has more attributes on one element: the root's declarations and a schema location.
const MAX_ATTRIBUTES: usize = 16;
/// Declarations are inherited by every element inside, so that many of them cost memory in a tree.
const MAX_DECLARATIONS: usize = 64;
/// An item with all its optional elements and the white space between them, and what stands around the items.
const NODES_PER_ITEM: usize = 600;
const NODES_AROUND: usize = 2_000;

/// The text of a document that is small and plain enough to be parsed.
pub(crate) fn guard<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, FileError> {
    let whole = |problem| FileError::new(1, "", problem);
    if bytes.len() > limits.bytes {
        return Err(whole(Problem::TooLong(limits.bytes)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        FileError::new(line_of(before), "", Problem::NotUtf8)
    })?;
    let mut reader = Reader::from_str(text);
    let mut depth = 0_usize;
    let mut text_bytes = 0_usize;
    let mut declarations = 0_usize;
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let refuse = |problem| {
            let before = bytes.get(..at).unwrap_or(bytes);
            Err(FileError::new(line_of(before), "", problem))
        };
        match event {
            Err(error) => return refuse(Problem::NotWellFormed(shown(&error.to_string()))),
            Ok(Event::Eof) if depth > 0 => {
                return refuse(Problem::NotWellFormed("ends inside an element".to_owned()));
            }
            Ok(Event::Eof) => return Ok(text),
            Ok(Event::Decl(declaration)) => {
                let declared = match declaration.encoding() {
                    None => true,
                    Some(Ok(name)) => ["utf-8", "utf8", "us-ascii"]
                        .iter()
                        .any(|known| name.eq_ignore_ascii_case(known)),
                    Some(Err(_)) => false,
                };
                if !declared {
                    return refuse(Problem::NotUtf8);
                }
            }
            Ok(Event::DocType(_)) => return refuse(Problem::DocumentType),
            Ok(Event::GeneralRef(reference)) => {
                let name = reference.as_ref();
                let known = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos");
                if !known && !name.starts_with('#') {
                    return refuse(Problem::Entity(shown(name)));
                }
                text_bytes = text_bytes.saturating_add(1);
            }
            Ok(Event::Text(part)) => text_bytes = text_bytes.saturating_add(part.len()),
            Ok(Event::CData(part)) => text_bytes = text_bytes.saturating_add(part.len()),
            Ok(Event::Start(start)) => {
                depth = depth.saturating_add(1);
                text_bytes = 0;
                if depth > limits.depth {
                    return refuse(Problem::TooDeep(limits.depth));
                }
                if let Err(problem) = few_attributes(&start, &mut declarations) {
                    return refuse(problem);
                }
            }
            Ok(Event::Empty(start)) => {
                if let Err(problem) = few_attributes(&start, &mut declarations) {
                    return refuse(problem);
                }
            }
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                text_bytes = 0;
            }
            Ok(Event::Comment(_) | Event::PI(_)) => {}
        }
        // Four bytes a character at most.
        if text_bytes > limits.text_chars.saturating_mul(4) {
            return refuse(Problem::TextTooLong(limits.text_chars));
        }
    }
}

fn few_attributes(start: &BytesStart<'_>, declarations: &mut usize) -> Result<(), Problem> {
    // Every attribute needs an equals sign: counting these bounds the work before anything is looked at.
    if start.as_ref().matches('=').count() > MAX_ATTRIBUTES {
        return Err(Problem::TooMuch("attributes"));
    }
    let mut attributes = start.attributes();
    for attribute in attributes.with_checks(false).flatten() {
        if attribute.key.as_namespace_binding().is_some() {
            *declarations = declarations.saturating_add(1);
        }
    }
    if *declarations > MAX_DECLARATIONS { Err(Problem::TooMuch("namespaces")) } else { Ok(()) }
}

fn line_of(before: &[u8]) -> usize {
    before.split(|byte| *byte == b'\n').count()
}

/// Parses what [`guard`] let through.
pub(crate) fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, FileError> {
    let nodes = limits.items.saturating_mul(NODES_PER_ITEM).saturating_add(NODES_AROUND);
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: u32::try_from(nodes).unwrap_or(u32::MAX),
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| {
        let line = usize::try_from(error.pos().row).unwrap_or(usize::MAX);
        let problem = match error {
            roxmltree::Error::NodesLimitReached => Problem::TooMuch("elements"),
            error => Problem::NotWellFormed(shown(&error.to_string())),
        };
        FileError::new(line, "", problem)
    })
}

/// Where each line of a text begins, so that naming a line costs a binary search.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn line(&self, at: usize) -> usize {
        self.0.partition_point(|newline| *newline < at).saturating_add(1)
    }
}

/// An element that is being read.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a, 'i> {
    node: Node<'a, 'i>,
    lines: &'a Lines,
}

impl<'a, 'i> Element<'a, 'i> {
    /// The root of a document.
    pub(crate) fn root(document: &'a Document<'i>, lines: &'a Lines) -> Self {
        Self { node: document.root_element(), lines }
    }

    pub(crate) fn name(self) -> &'a str {
        self.node.tag_name().name()
    }

    pub(crate) fn namespace(self) -> &'a str {
        self.node.tag_name().namespace().unwrap_or_default()
    }

    pub(crate) fn line(self) -> usize {
        self.lines.line(self.node.range().start)
    }

    /// `Document/CstmrCdtTrfInitn/GrpHdr`; those that repeat have their number: `PmtInf[2]`.
    pub(crate) fn path(self) -> String {
        let mut names: Vec<String> = self
            .node
            .ancestors()
            .filter(Node::is_element)
            .map(|node| {
                let name = node.tag_name().name();
                let same =
                    |other: &Node<'_, '_>| other.is_element() && other.tag_name().name() == name;
                match node.prev_siblings().skip(1).filter(same).count() {
                    0 => shown(name),
                    before => format!("{}[{}]", shown(name), before.saturating_add(1)),
                }
            })
            .collect();
        names.reverse();
        names.join("/")
    }

    /// The place of this element, the `index`th of its name inside `parent`: a path that costs no search.
    pub(crate) fn place(self, parent: &str, index: usize) -> Place {
        let number = index.saturating_add(1);
        Place { line: self.line(), path: format!("{parent}/{}[{number}]", self.name()) }
    }

    /// The error `problem` at this element.
    pub(crate) fn error(self, problem: Problem) -> FileError {
        FileError::new(self.line(), self.path(), problem)
    }

    /// The children, which must be of the schema's and in its order; text between them is refused.
    pub(crate) fn children(
        self,
        schema: &'static [&'static str],
    ) -> Result<Children<'a, 'i>, FileError> {
        let mut found = Vec::new();
        let mut last = 0;
        for node in self.node.children() {
            if node.is_text() && !node.text().unwrap_or_default().trim().is_empty() {
                return Err(self.error(Problem::StrayText));
            }
            if !node.is_element() {
                continue;
            }
            let child = Self { node, lines: self.lines };
            let rank = schema.iter().position(|name| *name == child.name());
            let Some(rank) = rank.filter(|_| child.namespace() == self.namespace()) else {
                return Err(child.error(Problem::UnknownElement(shown(child.name()))));
            };
            if rank < last {
                return Err(child.error(Problem::OutOfOrder(child.name().to_owned())));
            }
            last = rank;
            found.push(child);
        }
        Ok(Children { parent: self, found })
    }

    /// The children of this name, whatever stands beside them: for parts of a message that we do not use otherwise.
    pub(crate) fn named(self, name: &'static str) -> impl Iterator<Item = Self> {
        self.node
            .children()
            .filter(move |node| {
                node.is_element()
                    && node.tag_name().name() == name
                    && node.tag_name().namespace().unwrap_or_default() == self.namespace()
            })
            .map(move |node| Self { node, lines: self.lines })
    }

    /// The first child of this name.
    pub(crate) fn first(self, name: &'static str) -> Option<Self> {
        self.named(name).next()
    }

    /// The text, 1 to `max` characters without white space around them. Comments inside do not cut it short.
    pub(crate) fn text(self, max: usize) -> Result<String, FileError> {
        if self.node.children().any(|child| child.is_element()) {
            return Err(self.error(Problem::NotA { expected: "a text", value: shown(self.name()) }));
        }
        let parts = self.node.children().filter(Node::is_text);
        let text: String = parts.filter_map(|part| part.text()).collect();
        let text = text.trim();
        if text.is_empty() {
            Err(self.error(Problem::Empty))
        } else if text.chars().count() > max {
            Err(self.error(Problem::TextTooLong(max)))
        } else {
            Ok(text.to_owned())
        }
    }

    /// The text read by `read`, or an error that says what it should have been.
    pub(crate) fn parsed<T>(
        self,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, FileError> {
        const LONGEST_VALUE: usize = 64;
        let text = self.text(LONGEST_VALUE)?;
        read(&text).ok_or_else(|| self.error(Problem::NotA { expected, value: shown(&text) }))
    }

    /// The value of an attribute without a namespace.
    pub(crate) fn attribute(self, name: &'static str) -> Result<&'a str, FileError> {
        self.node.attribute(name).ok_or_else(|| self.error(Problem::Missing(name)))
    }
}

/// The children of an element, in the schema's order.
pub(crate) struct Children<'a, 'i> {
    parent: Element<'a, 'i>,
    found: Vec<Element<'a, 'i>>,
}

impl<'a, 'i> Children<'a, 'i> {
    pub(crate) fn many(&self, name: &'static str) -> impl Iterator<Item = Element<'a, 'i>> {
        self.found.iter().copied().filter(move |child| child.name() == name)
    }

    /// At most one.
    pub(crate) fn maybe(&self, name: &'static str) -> Result<Option<Element<'a, 'i>>, FileError> {
        let mut all = self.many(name);
        let first = all.next();
        match all.next() {
            Some(second) => Err(second.error(Problem::Twice(name.to_owned()))),
            None => Ok(first),
        }
    }

    /// Exactly one.
    pub(crate) fn one(&self, name: &'static str) -> Result<Element<'a, 'i>, FileError> {
        self.maybe(name)?.ok_or_else(|| self.parent.error(Problem::Missing(name)))
    }

    /// The only child of a choice.
    pub(crate) fn choice(&self, expected: &'static str) -> Result<Element<'a, 'i>, FileError> {
        match self.found.as_slice() {
            [only] => Ok(*only),
            [] => Err(self.parent.error(Problem::Missing(expected))),
            [_, second, ..] => Err(second.error(Problem::Twice(second.name().to_owned()))),
        }
    }

    /// The text of at most one.
    pub(crate) fn maybe_text(
        &self,
        name: &'static str,
        max: usize,
    ) -> Result<Option<String>, FileError> {
        self.maybe(name)?.map(|element| element.text(max)).transpose()
    }
}

/// What a namespace says after `message` and a dot: `pain.001.001.09` has version 9, with or without a dialect's additions.
pub(crate) fn version_of(namespace: &str, message: &str) -> Option<(String, u8)> {
    let (_, tail) = namespace.rsplit_once(message)?;
    let variant = tail.strip_prefix('.')?;
    // VVV.NN, then nothing, `.xsd` or what a dialect adds.
    let digits = variant.get(..6)?;
    let (variant_number, version) = digits.split_once('.')?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = variant.get(6..)?;
    if variant_number.len() != 3
        || !all_digits(variant_number)
        || !all_digits(version)
        || !(rest.is_empty() || rest.starts_with('.'))
    {
        return None;
    }
    let dialect = rest.strip_suffix(".xsd").unwrap_or(rest);
    Some((format!("{message}.{digits}{dialect}"), version.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_namespaces_of_all_dialects() {
        let cases = [
            ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", Some(("pain.001.001.09", 9))),
            (
                "http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd",
                Some(("pain.001.001.03.ch.02", 3)),
            ),
            ("urn:iso:std:iso:20022:tech:xsd:pain.001.003.03", Some(("pain.001.003.03", 3))),
            ("urn:iso:std:iso:20022:tech:xsd:pain.002.001.03", None),
            ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.0x", None),
            ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.091", None),
            ("pain.001.é", None),
            ("", None),
        ];
        for (namespace, expected) in cases {
            let expected = expected.map(|(name, version)| (name.to_owned(), version));
            assert_eq!(version_of(namespace, "pain.001"), expected, "{namespace}");
        }
    }

    #[test]
    fn bombs_and_external_entities_are_refused_before_anything_is_built() {
        let limits = Limits { depth: 4, text_chars: 10, ..Limits::PRODUCT };
        let many_attributes = " a='1'".repeat(20);
        let cases: Vec<(String, Problem)> = vec![
            ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".into(), Problem::DocumentType),
            ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".into(), Problem::DocumentType),
            ("<a>&x;</a>".into(), Problem::Entity("x".into())),
            ("<a>".repeat(5), Problem::TooDeep(4)),
            (format!("<a{many_attributes}/>"), Problem::TooMuch("attributes")),
            ("<a xmlns:b='c'/>".repeat(65), Problem::TooMuch("namespaces")),
            (format!("<a>{}</a>", "x".repeat(41)), Problem::TextTooLong(10)),
            ("<?xml version='1.0' encoding='UTF-16'?><a/>".into(), Problem::NotUtf8),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>".into(), Problem::NotUtf8),
        ];
        for (text, problem) in cases {
            assert_eq!(guard(text.as_bytes(), &limits).unwrap_err().problem, problem, "{text}");
        }
        let utf16 = b"\xff\xfe<\0a\0/\0>\0";
        assert_eq!(guard(utf16, &limits).unwrap_err().problem, Problem::NotUtf8);
        assert!(
            guard(b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><a>&amp;&#65;</a>", &limits)
                .is_ok()
        );
    }
}
