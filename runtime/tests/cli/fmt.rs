//! fmt.

use crate::room::Room;

const WRITTEN: &str = "param floor:int=150 // per window\r\nrule a{from S emit D{k,floor}}\r\n";
const FORMATTED: &str = "\
param floor: int = 150  // per window

rule a {
    from S
    emit D { k, floor }
}
";
const BROKEN: &str = "rule a { from S\nwhere }\n";

#[test]
fn fmt_rewrites_what_is_not_formatted_and_says_which() {
    let room = Room::empty();
    std::fs::create_dir_all(room.path("a/b")).unwrap();
    room.write("a/one.rules", WRITTEN);
    room.write("a/two.rules", FORMATTED);
    room.write("a/notes.txt", WRITTEN);
    let ran = room.cep("fmt a");
    let said = (ran.code, ran.out.as_str(), ran.err.as_str());
    assert_eq!(said, (Some(0), "", "formatted a/one.rules\n"));
    assert_eq!(room.read("a/one.rules"), FORMATTED);
    assert_eq!(room.read("a/notes.txt"), WRITTEN);
    assert_eq!(std::fs::read_dir(room.path("a")).unwrap().count(), 4);
    let again = room.cep("fmt a");
    assert_eq!((again.code, again.err.as_str()), (Some(0), ""));
}

#[test]
fn fmt_check_shows_what_would_change_and_changes_nothing() {
    let room = Room::empty();
    let written = FORMATTED.replace("from S", "from  S");
    room.write("a.rules", &written);
    let ran = room.cep("fmt --check a.rules");
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        ran.out,
        "--- a.rules\n+++ a.rules (formatted)\n@@ -1,6 +1,6 @@\n param floor: int = 150  // per window\n \n rule a {\n-    from  S\n+    from S\n     emit D { k, floor }\n }\n"
    );
    assert_eq!(ran.err, "error: a.rules is not formatted\n");
    assert_eq!(room.read("a.rules"), written);
    room.write("a.rules", FORMATTED);
    let ran = room.cep("fmt --check a.rules");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
}

#[test]
fn fmt_leaves_what_cannot_be_read_and_formats_the_rest() {
    let room = Room::empty();
    room.write("a.rules", BROKEN);
    room.write("b.rules", b"param a: string = \"\xff\"\n");
    room.write("c.rules", WRITTEN);
    let ran = room.cep("fmt .");
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.contains("error: ./a.rules is left as it is\n"), "{}", ran.err);
    assert!(ran.err.contains("this file is not UTF-8 text"), "{}", ran.err);
    assert!(ran.err.ends_with("formatted ./c.rules\n"), "{}", ran.err);
    assert_eq!(room.read("a.rules"), BROKEN);
    assert_eq!(room.read("c.rules"), FORMATTED);
}

#[test]
fn fmt_reads_standard_input_and_writes_standard_output() {
    let room = Room::empty();
    let ran = room.cep_with_input("fmt -", WRITTEN.as_bytes());
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), FORMATTED, ""));
    let broken = room.cep_with_input("fmt -", BROKEN.as_bytes());
    assert_eq!((broken.code, broken.out.as_str()), (Some(1), ""));
    assert!(broken.err.contains("standard input:2:7"), "{}", broken.err);
    assert_eq!(room.cep_with_input("fmt - --check", FORMATTED.as_bytes()).code, Some(0));
    assert_eq!(room.cep_with_input("fmt - --check", WRITTEN.as_bytes()).code, Some(1));
    assert_eq!(room.cep("fmt - a.rules").code, Some(2));
}

#[test]
fn fmt_says_which_file_is_not_there() {
    let room = Room::empty();
    let ran = room.cep("fmt nowhere.rules");
    assert_eq!(ran.code, Some(3));
    assert!(ran.err.contains("`nowhere.rules`"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn fmt_keeps_links_and_permissions_and_respects_them() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let room = Room::empty();
    let mode = |mode: u32| std::fs::Permissions::from_mode(mode);
    room.write("real.rules", WRITTEN);
    std::fs::set_permissions(room.path("real.rules"), mode(0o640)).unwrap();
    symlink("real.rules", room.path("link.rules")).unwrap();
    assert_eq!(room.cep("fmt link.rules").code, Some(0));
    assert!(room.path("link.rules").is_symlink());
    assert_eq!(room.read("real.rules"), FORMATTED);
    let now = std::fs::metadata(room.path("real.rules")).unwrap().permissions();
    assert_eq!(now.mode() & 0o777, 0o640);

    room.write("locked.rules", WRITTEN);
    std::fs::set_permissions(room.path("locked.rules"), mode(0o444)).unwrap();
    assert_eq!(room.cep("fmt locked.rules").code, Some(3));
    assert_eq!(room.read("locked.rules"), WRITTEN);
}
