//! What is embedded is what the sources of the console say.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use crypto::sha256;

/// As `web/scripts/sources.mjs`.
const FILES: &[&str] =
    &["index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts"];
const FOLDERS: &[&str] = &["public", "src"];

#[test]
fn the_build_is_of_these_sources() {
    let web = web();
    let mut paths: Vec<PathBuf> = FILES.iter().map(|file| web.join(file)).collect();
    for folder in FOLDERS {
        collect(&web.join(folder), &mut paths);
    }
    let mut lines: Vec<String> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(&web).unwrap().to_str().unwrap();
            format!("{name}\0{}\n", sha256(&fs::read(path).unwrap()))
        })
        .collect();
    lines.sort();
    let sources = sha256(lines.concat().as_bytes()).to_string();
    let built = fs::read_to_string(web.join("dist/sources.sha256")).unwrap();
    assert_eq!(built.trim(), sources, "web/dist is of other sources: run `npm run build` in web/");
}

#[test]
fn server_and_console_agree_on_what_has_a_page() {
    let listed: Vec<String> =
        serde_json::from_slice(&fs::read(web().join("src/app/pages.json")).unwrap()).unwrap();
    assert_eq!(listed, server::console::PAGES);
}

#[test]
fn a_page_loads_nothing_from_elsewhere() {
    let page = fs::read_to_string(web().join("dist/index.html")).unwrap();
    for wanted in ["src=\"", "href=\""] {
        for part in page.split(wanted).skip(1) {
            assert!(part.starts_with('/'), "{part}");
        }
    }
    assert!(!page.contains("<style") && !page.contains(" style="), "the policy allows none");
}

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web").canonicalize().unwrap()
}

/// Every file below `folder` but the tests, which are not built.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.to_str().unwrap();
        let is_test = is_test.ends_with(".test.ts") || is_test.ends_with(".test.tsx");
        if path.is_dir() {
            collect(&path, paths);
        } else if !is_test {
            paths.push(path);
        }
    }
}
