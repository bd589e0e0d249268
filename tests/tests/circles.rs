//! Files of one crate do not import each other in circles: who reads one, and those it imports, has read all that it rests on.
//! What imports what is read from the sources.
//!
//! A file imports what its `use` and its paths name, up to the file that declares it: a name that a module only re-exports is its
//! declarer's. What is under `#[cfg(test)]` does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMacro, ItemMod, ItemUse, Macro, MetaList, UseTree, Visibility};

/// The folder of each crate's sources, from that of the workspace.
const CRATES: [&str; 4] = ["crates/domain/src", "crates/document/src", "crates/store/src", "api/src"];

/// Two files may know each other; a third makes it a knot.
const MOST: usize = 2;

#[test]
fn files_import_each_other_in_no_circles() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut circles = Vec::new();
    for folder in CRATES {
        let read = |file: &str| std::fs::read_to_string(workspace.join(folder).join(file)).ok();
        circles.extend(Crate::read(&read).circles(MOST).into_iter().map(|circle| format!("in {folder}, {circle}")));
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn a_circle_is_named_with_its_imports() {
    let circles = circles(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A(B); pub fn a() {}"),
        ("b.rs", "pub struct B; fn b() { super::c::c() }"),
        ("c.rs", "use crate::{a, d::D}; pub fn c() { a::a(); drop(D) }"),
        ("d.rs", "pub struct D;"),
    ]);
    let said = "3 files import each other in a circle:
  a.rs imports b.rs: b::B
  b.rs imports c.rs: c::c
  c.rs imports a.rs: a, a::a";
    assert_eq!(circles, [said]);
}

#[test]
fn what_a_module_re_exports_is_imported_from_who_declares_it() {
    let through_the_parent = |parent: &str| {
        circles(&[
            ("lib.rs", "mod p;"),
            ("p/mod.rs", parent),
            ("p/a.rs", "use super::B; pub struct A(B);"),
            ("p/b.rs", "use crate::p::c::*; pub struct B(C);"),
            ("p/c.rs", "pub struct C;"),
        ])
        .len()
    };
    assert_eq!(through_the_parent("mod a; mod b; mod c; pub use a::A; pub use b::B;"), 0);
    assert_eq!(through_the_parent("mod a; mod b; mod c; pub(crate) use b::*; pub(crate) use a::*;"), 0);
    assert_eq!(through_the_parent("mod a; mod b; mod c; pub use a::A; struct B;"), 1, "the parent's own");
}

#[test]
fn imports_are_found_wherever_they_stand() {
    let with = |source: &str| {
        let files = [("lib.rs", "mod a; mod b; mod c;"), ("a.rs", source), ("b.rs", "use crate::a;")];
        circles(&[files.as_slice(), &[("c.rs", "use crate::b; #[macro_export] macro_rules! m { () => {} }")]].concat())
    };
    for importing in [
        "use super::c::X as Y;",
        "use crate::{b::{Z}, c::{self, X}};",
        "use super::*; fn f() { c::f() }",
        "fn f(x: crate::c::X) {}",
        "fn f() { use crate::c; }",
        "fn f() { format!(\"{}\", crate::c::X) }",
        "crate::m!();",
        "macro_rules! n { () => { $crate::c::X } }",
        "#[derive(Debug)] #[other(with = crate::c::X)] struct S;",
        "mod inner { use super::super::c::X; }",
        "#[cfg(not(test))] use crate::c::X;",
    ] {
        assert_eq!(with(importing).len(), 1, "{importing}");
    }
    for not in [
        "thread_local! { pub(crate) static S: () = (); }",
        "pub(crate) struct S; pub(in crate::a) struct T;",
        "#[cfg(test)] mod tests { use crate::c::X; }",
        "#[cfg(test)] mod tests;",
        "#[cfg(test)] use crate::c::X;",
        "/// See [`crate::c::X`].\nstruct S;",
        "use c::X;",
        "fn f() { \"crate::c::X\"; }",
    ] {
        assert_eq!(with(not).len(), 0, "{not}");
    }
}

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    Crate::read(&|file| files.get(file).map(|&source| source.to_owned())).circles(1)
}

/// The names that lead to a module, or on to what it declares, from the crate's root.
type Names = Vec<String>;

/// What a module declares and imports.
#[derive(Default)]
struct Module {
    file: String,
    declared: BTreeSet<String>,
    /// What names stand for that are imported, and whether others may have them from here.
    imported: BTreeMap<String, (Names, bool)>,
    /// Modules of which all is re-exported.
    everything_of: Vec<Names>,
    /// All that it names, by whatever path.
    named: BTreeSet<Names>,
}

struct Crate {
    modules: BTreeMap<Names, Module>,
}

impl Crate {
    /// Reads all files, from `lib.rs` along the declarations of modules.
    fn read(read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut reader = Reader { modules: BTreeMap::new(), at: Vec::new(), file: String::new(), children: Vec::new() };
        let mut files = vec![(Vec::new(), "lib.rs".to_owned())];
        while let Some((at, file)) = files.pop() {
            let source = read(&file).unwrap_or_else(|| panic!("there is no {file}"));
            let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{file}: {error}"));
            (reader.at, reader.file) = (at, file);
            reader.module().visit_file(&parsed);
            files.extend(reader.children.drain(..).map(|at| {
                let path = at.join("/");
                let [file, folder] = [format!("{path}.rs"), format!("{path}/mod.rs")];
                let file = if read(&file).is_some() { file } else { folder };
                (at, file)
            }));
        }
        Self { modules: reader.modules }
    }

    /// The circles of more than so many files.
    fn circles(&self, most: usize) -> Vec<String> {
        let mut imports: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
        for (at, module) in &self.modules {
            for named in &module.named {
                let Some(names) = self.resolve(at, named, 0) else { continue };
                let file = self.declarer(&names, 0);
                if file != module.file {
                    let imports = imports.entry(&module.file).or_default();
                    imports.entry(file).or_default().insert(item(&names));
                }
            }
        }
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            imports.keys().map(|&file| (file, reach(&imports, file))).collect();
        let mut told = BTreeSet::new();
        let mut circles = Vec::new();
        for (&file, from_here) in &reached {
            let returns = |other: &&str| reached.get(other).is_some_and(|from_there| from_there.contains(file));
            let circle: BTreeSet<&str> = from_here.iter().copied().filter(returns).collect();
            if circle.len() > most && told.insert(circle.clone()) {
                let edges = circle.iter().flat_map(|from| {
                    let inside = imports[from].iter().filter(|(to, _)| circle.contains(*to));
                    inside.map(move |(to, names)| {
                        let names: Vec<&str> = names.iter().map(String::as_str).collect();
                        format!("\n  {from} imports {to}: {}", names.join(", "))
                    })
                });
                let edges: String = edges.collect();
                circles.push(format!("{} files import each other in a circle:{edges}", circle.len()));
            }
        }
        circles
    }

    /// A path as it is said in a module, from the crate's root. None where it leads out of the crate, or nowhere else.
    fn resolve(&self, at: &[String], path: &[String], depth: usize) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => self.below(at, rest, depth),
            "super" => {
                let (_, parent) = at.split_last()?;
                self.below(parent, rest, depth)
            }
            // A name that is imported under itself leads nowhere.
            _ if depth > self.modules.len() => None,
            name => match self.modules[at].imported.get(name) {
                Some((imported, _)) if imported != path => {
                    Some([self.resolve(at, imported, depth + 1)?, rest.to_vec()].concat())
                }
                _ => {
                    let all_of = self.modules[at].everything_of.iter().filter(|it| it.first() != Some(first));
                    let globs = all_of.filter_map(|it| self.resolve(at, it, depth + 1));
                    let children =
                        std::iter::once(at.to_vec()).chain(globs).map(|it| [it, vec![first.clone()]].concat());
                    let child = children.into_iter().find(|child| self.modules.contains_key(child))?;
                    Some([child, rest.to_vec()].concat())
                }
            },
        }
    }

    fn below(&self, at: &[String], rest: &[String], depth: usize) -> Option<Names> {
        match rest.first().map(String::as_str) {
            Some("super" | "self") => self.resolve(at, rest, depth),
            _ => Some([at, rest].concat()),
        }
    }

    /// The file that declares what these names lead to.
    fn declarer(&self, names: &[String], depth: usize) -> &str {
        let mut at = Vec::new();
        for (position, name) in names.iter().enumerate() {
            let child = [at.as_slice(), std::slice::from_ref(name)].concat();
            let module = &self.modules[&at];
            if self.modules.contains_key(&child) {
                at = child;
                continue;
            }
            if !module.declared.contains(name) && depth <= self.modules.len() {
                let rest = &names[position..];
                if let Some((path, true)) = module.imported.get(name)
                    && let Some(target) = self.resolve(&at, path, 0)
                {
                    return self.declarer(&[target.as_slice(), &rest[1..]].concat(), depth + 1);
                }
                for everything in &module.everything_of {
                    let Some(target) = self.resolve(&at, everything, 0) else { continue };
                    let through = self.declarer(&[target.as_slice(), rest].concat(), depth + 1);
                    if self.has(through, name) {
                        return through;
                    }
                }
            }
            break;
        }
        &self.modules[&at].file
    }

    fn has(&self, file: &str, name: &str) -> bool {
        self.modules.values().any(|module| module.file == file && module.declared.contains(name))
    }
}

/// The item that names lead to: what is inside an enum or a type says no more.
fn item(names: &[String]) -> String {
    let of_type = names.iter().position(|name| name.starts_with(char::is_uppercase));
    names[..of_type.map_or(names.len(), |position| position + 1)].join("::")
}

/// All that a file imports, and what that imports, and so on.
fn reach<'i>(imports: &BTreeMap<&'i str, BTreeMap<&'i str, BTreeSet<String>>>, file: &'i str) -> BTreeSet<&'i str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        let imported = imports.get(file).into_iter().flat_map(BTreeMap::keys).copied();
        next.extend(imported.filter(|other| reached.insert(*other)));
    }
    reached
}

/// Walks over a file.
struct Reader {
    modules: BTreeMap<Names, Module>,
    /// The module whose items are being read, and its file.
    at: Names,
    file: String,
    /// The modules that it declares in files of their own.
    children: Vec<Names>,
}

impl Reader {
    /// Begins a module.
    fn module(&mut self) -> &mut Self {
        self.modules.insert(self.at.clone(), Module { file: self.file.clone(), ..Module::default() });
        self
    }

    fn here(&mut self) -> &mut Module {
        self.modules.get_mut(&self.at).unwrap()
    }

    fn import(&mut self, tree: &UseTree, before: &[String], exported: bool) {
        let with = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        let (path, name) = match tree {
            UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident), exported),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before, exported)),
            UseTree::Glob(_) => {
                self.here().named.insert(before.to_vec());
                return self.here().everything_of.push(before.to_vec());
            }
            UseTree::Name(name) if name.ident == "self" => {
                (before.to_vec(), before.last().cloned().unwrap_or_default())
            }
            UseTree::Name(name) => (with(&name.ident), name.ident.to_string()),
            UseTree::Rename(rename) if rename.ident == "self" => (before.to_vec(), rename.rename.to_string()),
            UseTree::Rename(rename) => (with(&rename.ident), rename.rename.to_string()),
        };
        self.here().named.insert(path.clone());
        self.here().imported.insert(name, (path, exported));
    }

    /// The paths among tokens of which nothing says what they mean, inside `before::{}` or anywhere.
    fn tokens(&mut self, before: &[String], tokens: TokenStream) {
        let (mut path, mut colons) = (before.to_vec(), 0);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(std::mem::replace(&mut path, before.to_vec()));
                    }
                    path.push(ident.to_string());
                }
                TokenTree::Group(group) => {
                    let in_braces = colons == 2 && group.delimiter() == Delimiter::Brace;
                    self.tokens(if in_braces { &path } else { &[] }, group.stream());
                    self.path(std::mem::replace(&mut path, before.to_vec()));
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.path(std::mem::replace(&mut path, before.to_vec()));
                }
            }
            colons = 0;
        }
        self.path(path);
    }

    /// A single name is one that is imported, or the module's own; or, as `crate`, it says who may see something.
    fn path(&mut self, path: Names) {
        if path.len() > 1 {
            self.here().named.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if attributes(item).iter().any(is_for_tests) {
            return;
        }
        let name = match item {
            Item::Const(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Fn(item) => Some(&item.sig.ident),
            Item::Macro(item) => item.ident.as_ref(),
            Item::Static(item) => Some(&item.ident),
            Item::Struct(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            Item::Union(item) => Some(&item.ident),
            _ => None,
        };
        if let Some(name) = name {
            self.here().declared.insert(name.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let outer = self.at.clone();
        self.at.push(module.ident.to_string());
        if module.content.is_some() {
            self.module();
            visit::visit_item_mod(self, module);
        } else {
            self.children.push(self.at.clone());
        }
        self.at = outer;
    }

    fn visit_item_use(&mut self, import: &'ast ItemUse) {
        self.import(&import.tree, &[], !matches!(import.vis, Visibility::Inherited));
    }

    /// What `#[macro_export]` exports is the root's.
    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        if let (Some(name), true) = (&item.ident, item.attrs.iter().any(|it| it.path().is_ident("macro_export"))) {
            let name = name.to_string();
            let path = [&["crate".to_owned()], self.at.as_slice(), std::slice::from_ref(&name)].concat();
            self.modules.get_mut(&Vec::new()).unwrap().imported.entry(name).or_insert((path, true));
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        self.tokens(&[], invocation.tokens.clone());
        visit::visit_macro(self, invocation);
    }

    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        self.tokens(&[], list.tokens.clone());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.path(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    /// `pub(crate)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`
fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|it| it.is_ident("test"))
}
