//! Makes a test of each golden case, so that a failing one is named: `cases/AREA/BEHAVIOUR.case`
//! becomes `AREA::BEHAVIOUR`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let cases = root.join("cases");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", cases.display());
    let mut code = String::new();
    for area in sorted(&cases)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", area.display());
        let _ = writeln!(code, "mod {} {{", name(&area));
        for case in sorted(&area)? {
            if case.extension().is_some_and(|extension| extension == "case") {
                let (test, path) = (name(&case), case.display());
                let _ = writeln!(code, "    #[test] fn {test}() {{ super::check({path:?}); }}");
            }
        }
        let _ = writeln!(code, "}}");
    }
    fs::write(out.join("cases.rs"), code)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
