//! The programs that an editor looks at: one per folder, unsaved texts in the place of files.

use super::super::file_uri::{path_of, uri_of};
use rule_lang::Source;
use rule_lang::ide::Ide;
use rule_lang::source::FileId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What is open, and what was read of it.
#[derive(Default)]
pub(super) struct Workspace {
    /// Unsaved texts by their URIs.
    open: BTreeMap<String, String>,
    programs: BTreeMap<Folder, Ide>,
    /// Programs whose diagnostics are to be told again.
    pub changed: BTreeSet<Folder>,
    /// What was told last of each document.
    pub told: BTreeMap<Folder, BTreeMap<String, String>>,
}

/// What makes a program: a folder's files, or a text that has no file yet, by its URI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Folder {
    Path(PathBuf),
    Text(String),
}

impl Folder {
    fn of(uri: &str) -> Self {
        match path_of(uri).and_then(|path| path.parent().map(Path::to_owned)) {
            Some(folder) => Self::Path(folder),
            None => Self::Text(uri.to_owned()),
        }
    }
}

impl Workspace {
    /// A document has this text now.
    pub(super) fn open(&mut self, uri: &str, text: String) {
        self.open.insert(uri.to_owned(), text);
        self.forget(uri);
    }

    /// A document is as its file again.
    pub(super) fn close(&mut self, uri: &str) {
        self.open.remove(uri);
        self.forget(uri);
    }

    /// A file was changed by others.
    pub(super) fn changed_on_disk(&mut self, uri: &str) {
        if self.told.contains_key(&Folder::of(uri)) {
            self.forget(uri);
        }
    }

    fn forget(&mut self, uri: &str) {
        let folder = Folder::of(uri);
        self.programs.remove(&folder);
        self.changed.insert(folder);
    }

    /// Whether some document of a program is open.
    pub(super) fn is_open(&self, folder: &Folder) -> bool {
        self.open.keys().any(|uri| Folder::of(uri) == *folder)
    }

    /// The program of a folder, read if it is not yet.
    pub(super) fn program(&mut self, folder: &Folder) -> &Ide {
        let open = &self.open;
        let read = || Ide::read(&sources(folder, open));
        self.programs.entry(folder.clone()).or_insert_with(read)
    }

    /// The program of a document, and the document in it.
    pub(super) fn document(&mut self, uri: &str) -> Option<(&Ide, FileId)> {
        let program = self.program(&Folder::of(uri));
        program.file(uri).map(|file| (program, file))
    }
}

/// The texts of a program, named by their URIs. A file that cannot be read is left out, as is a
/// folder: the editor shows what it has.
fn sources(folder: &Folder, open: &BTreeMap<String, String>) -> Vec<Source> {
    let mut texts: BTreeMap<String, Vec<u8>> = open
        .iter()
        .filter(|(uri, _)| Folder::of(uri) == *folder)
        .map(|(uri, text)| (uri.clone(), text.clone().into_bytes()))
        .collect();
    if let Folder::Path(path) = folder {
        let opened: BTreeSet<PathBuf> = texts.keys().filter_map(|uri| path_of(uri)).collect();
        for file in crate::cli::program::rules_in(path).unwrap_or_default() {
            if !opened.contains(&file)
                && let Ok(bytes) = std::fs::read(&file)
            {
                texts.insert(uri_of(&file), bytes);
            }
        }
    }
    texts.into_iter().map(|(uri, bytes)| Source::new(uri, bytes)).collect()
}
