//! docs/VERIFYING.md shows the tested files, and not what they were once.

use std::collections::BTreeMap;

use local_stack::workspace::root;

/// A part of a file: its path, and the name of the part.
type Place = (String, String);

/// The parts between `begin: name` and `end: name` of these files, those lines not included.
fn parts(paths: &[&str]) -> BTreeMap<Place, String> {
    let mut parts = BTreeMap::new();
    for path in paths {
        let text = std::fs::read_to_string(root().unwrap().join(path)).unwrap();
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once(" begin: ") {
            let (name, after) = after.split_once('\n').unwrap();
            let (part, after) = after.split_once(&format!(" end: {name}\n")).unwrap();
            // The comment sign before `end` is on a line of its own.
            let part = part.rsplit_once('\n').unwrap().0;
            parts.insert(((*path).to_owned(), name.to_owned()), part.trim_matches('\n').to_owned());
            rest = after;
        }
    }
    parts
}

/// The code blocks of the document that follow a line `<!-- file: name -->`.
fn shown(document: &str) -> BTreeMap<Place, String> {
    let blocks = document.split("<!-- examples/").skip(1).map(|rest| {
        let (place, rest) = rest.split_once(" -->\n```").unwrap();
        let (path, name) = place.split_once(": ").unwrap();
        let (_, code) = rest.split_once('\n').unwrap();
        let (code, _) = code.split_once("\n```\n").unwrap();
        ((format!("examples/{path}"), name.to_owned()), code.to_owned())
    });
    blocks.collect()
}

#[test]
fn the_guide_to_forward_authentication_shows_what_is_tested() {
    let document = std::fs::read_to_string(root().unwrap().join("docs/FORWARD_AUTH.md")).unwrap();
    let files = ["examples/nginx/forward-auth.conf.template", "examples/caddy/forward-auth.Caddyfile"];
    assert_eq!(shown(&document), parts(&files));
}

#[test]
fn the_document_shows_what_is_tested() {
    let document = std::fs::read_to_string(root().unwrap().join("docs/VERIFYING.md")).unwrap();
    let files = [
        "examples/node/server.mjs",
        "examples/fastapi/service.py",
        "examples/fastapi/keys.py",
        "examples/go/main.go",
        "examples/go/keys.go",
        "examples/apache/gateway.conf",
        "examples/haproxy/haproxy.cfg",
        "examples/haproxy/public-keys.py",
    ];
    let (parts, shown) = (parts(&files), shown(&document));
    assert_eq!(parts.len(), files.len(), "each file has one part");
    assert_eq!(shown.keys().collect::<Vec<_>>(), parts.keys().collect::<Vec<_>>());
    for (place, code) in &parts {
        assert_eq!(&shown[place], code, "docs/VERIFYING.md differs from {place:?}");
    }
    // What could not be run says so.
    let run = document.replace("<!-- not run -->\n```", "");
    let code_blocks = run.lines().filter(|line| line.starts_with("```") && line.len() > 3);
    let others = code_blocks.filter(|line| !["```sh", "```json"].contains(line)).count();
    assert_eq!(others, parts.len(), "code that is no part of a tested file");
}
