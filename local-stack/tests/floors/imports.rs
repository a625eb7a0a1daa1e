//! What the files of a crate name of each other: `use` declarations and paths in expressions, types, attributes and,
//! as far as tokens show them, arguments of macros.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Lit, Macro, Meta, UseTree, VisRestricted, Visibility};

use super::source::{File, ModulePath, Source};

/// A path from one module to another.
pub struct Import {
    /// `crate/src/file.rs:line`
    pub place: String,
    /// The path as it is written.
    pub written: String,
    /// The module that it is written in, inline modules included.
    pub from: ModulePath,
    /// Where it leads, from the crate's root.
    pub to: ModulePath,
    /// Whether it is a `use` with `pub` or `pub(...)`.
    pub re_export: bool,
    /// Whether it is compiled for tests only.
    pub in_test: bool,
}

/// All imports of a crate, and the names that `use` binds.
#[derive(Default)]
pub struct Imports {
    pub all: Vec<Import>,
    names: BTreeMap<ModulePath, ModulePath>,
}

impl Imports {
    pub fn of(source: &Source) -> Self {
        let mut imports = Self::default();
        let mut test_modules = Vec::new();
        for file in &source.files {
            let mut collector = Collector {
                source,
                file,
                module: file.module.clone(),
                in_test: false,
                imports: &mut imports,
                test_modules: &mut test_modules,
            };
            let parsed = syn::parse_file(&file.text).unwrap_or_else(|error| panic!("{}: {error}", file.name));
            collector.visit_file(&parsed);
        }
        for import in &mut imports.all {
            import.in_test |= test_modules.iter().any(|module| import.from.starts_with(module));
        }
        imports
    }

    /// Where the thing at this path is defined, re-exports followed. Glob imports are not.
    pub fn definition(&self, source: &Source, path: &[String]) -> ModulePath {
        let mut path = path.to_vec();
        // Re-exports of re-exports end somewhere; the bound is for a `use` that names itself.
        for _ in 0..8 {
            let module = source.file_of(&path).len();
            let Some(target) = path.get(..=module).and_then(|name| self.names.get(name)) else { break };
            path = [target.as_slice(), &path[module + 1..]].concat();
        }
        path
    }
}

struct Collector<'a> {
    source: &'a Source,
    file: &'a File,
    module: ModulePath,
    in_test: bool,
    imports: &'a mut Imports,
    test_modules: &'a mut Vec<ModulePath>,
}

impl Collector<'_> {
    /// Records a path if it leads to a module of this crate, and returns where it leads.
    fn record(&mut self, path: &[Ident], re_export: bool) -> Option<ModulePath> {
        let names: ModulePath = path.iter().map(|ident| ident.unraw().to_string()).collect();
        let to = self.resolve(&names)?;
        self.imports.all.push(Import {
            place: format!("{}:{}", self.file.name, path.last()?.span().start().line),
            written: names.join("::"),
            from: self.module.clone(),
            to: to.clone(),
            re_export,
            in_test: self.in_test,
        });
        Some(to)
    }

    fn resolve(&self, path: &[String]) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([&self.module, rest].concat()),
            "super" => {
                let supers = path.iter().take_while(|name| *name == "super").count();
                let parent = self.module.len().checked_sub(supers)?;
                Some([&self.module[..parent], &path[supers..]].concat())
            }
            // A submodule, named from its parent. An inline module may see it through `use super::*`.
            _ => (self.file.module.len()..=self.module.len())
                .rev()
                .map(|length| [&self.module[..length], path].concat())
                .find(|target| self.source.has(&target[..=target.len() - path.len()])),
        }
    }

    fn record_use(&mut self, prefix: &[Ident], tree: &UseTree, re_export: bool) {
        let joined = |ident: &Ident| [prefix, std::slice::from_ref(ident)].concat();
        match tree {
            UseTree::Path(path) => self.record_use(&joined(&path.ident), &path.tree, re_export),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.record_use(prefix, tree, re_export));
            }
            UseTree::Glob(_) => drop(self.record(prefix, re_export)),
            UseTree::Name(name) if name.ident == "self" => self.bind(prefix, prefix.last(), re_export),
            UseTree::Name(name) => self.bind(&joined(&name.ident), Some(&name.ident), re_export),
            UseTree::Rename(rename) if rename.ident == "self" => {
                self.bind(prefix, Some(&rename.rename), re_export);
            }
            UseTree::Rename(rename) => self.bind(&joined(&rename.ident), Some(&rename.rename), re_export),
        }
    }

    fn bind(&mut self, path: &[Ident], name: Option<&Ident>, re_export: bool) {
        if let (Some(to), Some(name)) = (self.record(path, re_export), name) {
            self.imports.names.insert([&self.module[..], &[name.unraw().to_string()]].concat(), to);
        }
    }

    /// Records the paths among tokens that are not parsed.
    fn record_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let Some(token) = rest.first() {
            match token {
                TokenTree::Ident(_) => rest = self.record_token_path(&[], rest),
                TokenTree::Group(group) => {
                    self.record_tokens(group.stream());
                    rest = &rest[1..];
                }
                // `#[serde(with = "crate::timestamp")]`
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal.clone())
                        && let Ok(path) = text.parse::<syn::Path>()
                    {
                        self.visit_path(&path);
                    }
                    rest = &rest[1..];
                }
                TokenTree::Punct(_) => rest = &rest[1..],
            }
        }
    }

    /// Records the path that the tokens begin with, and returns what follows it.
    fn record_token_path<'t>(&mut self, prefix: &[Ident], mut rest: &'t [TokenTree]) -> &'t [TokenTree] {
        let mut path = prefix.to_vec();
        let mut continues = false;
        while let [TokenTree::Ident(ident), after @ ..] = rest {
            path.push(ident.clone());
            rest = after;
            continues = false;
            let [TokenTree::Punct(first), TokenTree::Punct(second), after @ ..] = rest else { break };
            if first.as_char() != ':' || second.as_char() != ':' {
                break;
            }
            rest = after;
            continues = true;
        }
        // `crate::a::{B, c::D}`
        if let [TokenTree::Group(group), after @ ..] = rest
            && continues
        {
            let members: Vec<_> = group.stream().into_iter().collect();
            for member in
                members.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ','))
            {
                self.record_token_path(&path, member);
            }
            return after;
        }
        if path.len() > 1 {
            self.record(&path, false);
        }
        rest
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let outside = self.in_test;
        self.in_test |= attributes(item).iter().any(is_for_tests);
        visit::visit_item(self, item);
        self.in_test = outside;
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.unraw().to_string());
        if item.content.is_none() && self.in_test {
            self.test_modules.push(self.module.clone());
        }
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.record_use(&[], &item.tree, !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // `self` and `crate` alone lead nowhere.
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let idents: Vec<_> = path.segments.iter().map(|segment| segment.ident.clone()).collect();
            self.record(&idents, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        self.visit_path(&invocation.path);
        self.record_tokens(invocation.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        match &attribute.meta {
            // Documentation links to what it likes.
            meta if meta.path().is_ident("doc") => {}
            Meta::List(list) => self.record_tokens(list.tokens.clone()),
            meta => visit::visit_meta(self, meta),
        }
    }

    // `pub(in crate::a)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
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
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether this is `#[cfg(test)]`, `#[cfg(any(test, ...))]` or the like.
fn is_for_tests(attribute: &Attribute) -> bool {
    fn names_test(tokens: TokenStream) -> bool {
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "test" => return true,
                TokenTree::Ident(ident) if ident == "not" => drop(tokens.next()),
                TokenTree::Group(group) if names_test(group.stream()) => return true,
                _ => {}
            }
        }
        false
    }
    matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg") && names_test(list.tokens.clone()))
}
