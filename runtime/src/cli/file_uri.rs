//! Paths as URIs (RFC 3986, RFC 8089), as editors and code hosts write them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::path::{Path, PathBuf};

/// What is encoded: all but what a URI never reserves, and what parts a path.
const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A path as a URI reference: relative if it is, else a `file:` URI.
pub(super) fn reference_of(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let path = path.strip_prefix("./").unwrap_or(path);
    format!("{scheme}{}", encoded(path))
}

/// The `file:` URI of an absolute path.
pub(super) fn uri_of(path: &Path) -> String {
    let path = path.to_string_lossy();
    let root = if path.starts_with('/') { "" } else { "/" };
    format!("file://{root}{}", encoded(&path))
}

/// The path of a `file:` URI.
pub(super) fn path_of(uri: &str) -> Option<PathBuf> {
    let path = uri.strip_prefix("file://")?;
    // A host stands before the first slash; only this machine's files are read.
    let path = path.get(path.find('/')?..)?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let path = if cfg!(windows) { path.trim_start_matches('/') } else { &path };
    Some(PathBuf::from(path))
}

fn encoded(path: &str) -> String {
    let slashes = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    utf8_percent_encode(&slashes, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_uris_go_both_ways() {
        let path = Path::new("/a b/ü%.rules");
        assert_eq!(uri_of(path), "file:///a%20b/%C3%BC%25.rules");
        assert_eq!(path_of(&uri_of(path)).as_deref(), Some(path));
        assert_eq!(path_of("file://localhost/x.rules").as_deref(), Some(Path::new("/x.rules")));
        assert_eq!(path_of("untitled:Untitled-1"), None);
        assert_eq!(path_of("file:///%ff"), None);
    }

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(reference_of("./a b/ü.rules"), "a%20b/%C3%BC.rules");
        assert_eq!(reference_of("/etc/x#1.rules"), "file:///etc/x%231.rules");
    }
}
