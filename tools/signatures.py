"""Rust sources of the signatures that rustdoc found in crates (its JSON, format 57), without bodies.

Every public item stands in the module where its crate defines it, and every re-export where the crate has it, so that a path that
names an item here names it in the crate. A type of a crate that is not written becomes a path that leads nowhere: rust-analyzer
then knows no type, which is right, where a stand-in of another name would be wrong.
"""

import json
import re

STD = ("core", "alloc", "std")
# Where the module of a definition in the standard library is not the one that a user writes.
STD_MODULES = {"atomic": "sync::atomic", "hash_map": "collections::hash_map", "btree_map": "collections::btree_map"}
KEYWORDS = {"type", "ref", "in", "match", "where", "move", "box", "dyn", "impl", "as", "use", "mod", "loop", "true", "false", "struct", "enum", "const"}
KINDS = ("struct", "enum", "union", "trait", "function", "type_alias", "constant", "static")


def raw(name):
    return f"r#{name}" if name in KEYWORDS else name


class Crates:
    """Documented crates: written under a module each, or (the last one) as the root."""

    def __init__(self, documents, root, elsewhere=(), keep=lambda path: True):
        self.crates = {}
        for document in documents:
            crate = json.loads(document.read_text())
            self.crates[crate["index"][str(crate["root"])]["name"]] = crate
        self.root = root
        self.elsewhere = set(elsewhere)
        self.keep = keep
        self.written = {tuple(c["paths"][i]["path"]) for c in self.crates.values() for i, item in c["index"].items()
                        if i in c["paths"] and self.wanted(item) and keep(c["paths"][i]["path"])}

    @staticmethod
    def wanted(item):
        return next(iter(item["inner"])) in KINDS

    def place(self, path):
        """A path of a definition, as it is written."""
        head, *rest = path
        parts = [*([] if head == self.root else [head]), *rest]
        return "::".join(["crate", *map(raw, parts)])

    def named(self, path):
        """How an item that is defined at `path` is written anywhere."""
        if path[0] in self.crates:
            return self.place(path) if tuple(path) in self.written else "crate::nowhere::" + path[-1]
        if path[0] in STD:
            if len(path) == 2:
                return f"::std::{path[1]}"
            inner = next((STD_MODULES[part] for part in path[1:-1] if part in STD_MODULES), path[1])
            return f"::std::{inner}::{path[-1]}"
        if path[0] in self.elsewhere:
            return f"::{path[0]}::{path[-1]}"
        return "crate::nowhere::" + path[-1]


class Writer:
    """The source of one crate."""

    def __init__(self, crates, name):
        self.crates, self.name, self.crate = crates, name, crates.crates[name]
        self.index, self.paths = self.crate["index"], self.crate["paths"]

    # Types.

    def path(self, path, keep_arguments=True):
        summary = self.paths.get(str(path["id"]))
        if summary is None:
            return "crate::nowhere::" + path["path"].rsplit("::", 1)[-1]
        return self.crates.named(summary["path"]) + (self.arguments(path["args"]) if keep_arguments else "")

    def arguments(self, args):
        if not args:
            return ""
        if "parenthesized" in args:
            inputs = ", ".join(map(self.type, args["parenthesized"]["inputs"]))
            output = args["parenthesized"]["output"]
            return f"({inputs})" + (f" -> {self.type(output)}" if output else "")
        parts = [self.argument(a) for a in args["angle_bracketed"]["args"]]
        for constraint in args["angle_bracketed"]["constraints"]:
            binding = constraint["binding"]
            name = constraint["name"] + self.arguments(constraint["args"])
            if "equality" in binding:
                term = binding["equality"]
                parts.append(f"{name} = {self.type(term['type']) if 'type' in term else term['constant']['expr']}")
            else:
                parts.append(f"{name}: {self.bounds(binding['constraint'])}")
        return f"<{', '.join(parts)}>" if parts else ""

    def argument(self, argument):
        if argument == "infer":
            return "_"
        kind, value = next(iter(argument.items()))
        return {"lifetime": lambda: value, "type": lambda: self.type(value), "const": lambda: f"{{ {value['expr']} }}"}[kind]()

    def type(self, of):
        if of == "infer":
            return "_"
        kind, value = next(iter(of.items()))
        return getattr(self, "type_" + kind)(value)

    def type_resolved_path(self, value):
        return self.path(value)

    def type_dyn_trait(self, value):
        parts = [self.binder(t["generic_params"]) + self.path(t["trait"]) for t in value["traits"]]
        return "(dyn " + " + ".join(parts + ([value["lifetime"]] if value["lifetime"] else [])) + ")"

    def type_generic(self, value):
        return value

    def type_primitive(self, value):
        return {"never": "!", "unit": "()"}.get(value, value)

    def type_function_pointer(self, value):
        sig, header = value["sig"], value["header"]
        return self.binder(value["generic_params"]) + ("unsafe " if header["is_unsafe"] else "") + "fn(" + ", ".join(self.type(t) for _, t in sig["inputs"]) + ")" + self.output(sig)

    def type_tuple(self, value):
        return "(" + "".join(self.type(t) + ", " for t in value) + ")"

    def type_slice(self, value):
        return f"[{self.type(value)}]"

    def type_array(self, value):
        return f"[{self.type(value['type'])}; {value['len']}]"

    def type_impl_trait(self, value):
        bounds = self.bounds(value)
        if not any("trait_bound" in bound for bound in value) or re.fullmatch(r"(\s*'\w+\s*\+?)*", bounds):
            # Of a trait that nobody can name: a type that is not known.
            return "crate::nowhere::Unnamed"
        return "impl " + bounds

    def type_raw_pointer(self, value):
        return f"*{'mut' if value['is_mutable'] else 'const'} {self.type(value['type'])}"

    def type_borrowed_ref(self, value):
        of = self.type(value["type"])
        if of.startswith("impl ") and " + " in of:
            of = f"({of})"
        return "&" + (value["lifetime"] + " " if value["lifetime"] else "") + ("mut " if value["is_mutable"] else "") + of

    def type_qualified_path(self, value):
        name = raw(value["name"]) + self.arguments(value["args"])
        if value["trait"] is None:
            return f"{self.type(value['self_type'])}::{name}"
        if not value["trait"]["path"]:
            return f"{self.type(value['self_type'])}::{name}"
        return f"<{self.type(value['self_type'])} as {self.path(value['trait'])}>::{name}"

    # Generics.

    def binder(self, params):
        names = [p["name"] for p in params]
        return f"for<{', '.join(names)}> " if names else ""

    def bounds(self, bounds):
        parts = []
        for bound in bounds:
            kind, value = next(iter(bound.items()))
            if kind == "outlives":
                parts.append(value)
            elif kind == "trait_bound":
                name = self.path(value["trait"])
                # A bound that nobody can name asks for nothing.
                if "crate::nowhere::" not in name:
                    parts.append({"maybe": "?"}.get(value["modifier"], "") + self.binder(value["generic_params"]) + name)
        return " + ".join(parts)

    def generics(self, generics, defaults=False):
        """Parameters and where clause."""
        params = []
        for p in generics["params"]:
            kind, value = next(iter(p["kind"].items()))
            if kind == "lifetime":
                params.append(p["name"] + (": " + " + ".join(value["outlives"]) if value["outlives"] else ""))
            elif kind == "const":
                default = f" = {{ {value['default']} }}" if defaults and value["default"] is not None else ""
                params.append(f"const {p['name']}: {self.type(value['type'])}{default}")
            elif not value["is_synthetic"]:
                bounds = self.bounds(value["bounds"])
                default = f" = {self.type(value['default'])}" if defaults and value["default"] else ""
                params.append(p["name"] + (f": {bounds}" if bounds else "") + default)
        where = []
        for predicate in generics["where_predicates"]:
            kind, value = next(iter(predicate.items()))
            if kind == "bound_predicate":
                bounds = self.bounds(value["bounds"])
                subject = self.type(value["type"])
                if bounds and "crate::nowhere::" not in subject:
                    where.append(f"{self.binder(value['generic_params'])}{subject}: {bounds}")
            elif kind == "lifetime_predicate":
                where.append(f"{value['lifetime']}: {' + '.join(value['outlives'])}")
        return f"<{', '.join(params)}>" if params else "", f" where {', '.join(where)}" if where else ""

    def output(self, sig):
        return f" -> {self.type(sig['output'])}" if sig["output"] else ""

    # Items.

    def function(self, item, visibility="pub "):
        f = item["inner"]["function"]
        if f["header"]["is_async"]:
            return ""
        params, where = self.generics(f["generics"])
        inputs = []
        for name, of in f["sig"]["inputs"]:
            text = self.type(of)
            if name == "self":
                inputs.append({"Self": "self", "&Self": "&self", "&mut Self": "&mut self"}.get(text, f"self: {text}"))
            else:
                inputs.append(f"{raw(name) if re.fullmatch(r'[a-z_][A-Za-z0-9_]*', name) else '_'}: {text}")
        unsafe = "unsafe " if f["header"]["is_unsafe"] else ""
        const = "const " if f["header"]["is_const"] else ""
        return f"{visibility}{const}{unsafe}fn {raw(item['name'])}{params}({', '.join(inputs)}){self.output(f['sig'])}{where}"

    def item_function(self, item, name):
        head = self.function(item)
        return head and head + " { loop {} }"

    def fields(self, ids):
        for i in ids:
            field = self.index[str(i)]
            yield field["name"], self.type(field["inner"]["struct_field"])

    def phantom(self, generics):
        """A type that uses every parameter."""
        parts = []
        for p in generics["params"]:
            kind = next(iter(p["kind"]))
            if kind == "lifetime":
                parts.append(f"&{p['name']} ()")
            elif kind == "type":
                parts.append(f"*const {p['name']}")
        return f"::std::marker::PhantomData<({', '.join(parts)},)>" if parts else "()"

    def item_struct(self, item, name):
        s = item["inner"]["struct"]
        params, where = self.generics(s["generics"], defaults=True)
        kind = s["kind"]
        if kind == "unit":
            return f"pub struct {name}{params}{where};"
        if "tuple" in kind:
            parts = [f"pub {self.type(self.index[str(i)]['inner']['struct_field'])}" if i is not None else self.phantom(s["generics"]) for i in kind["tuple"]]
            return f"pub struct {name}{params}({', '.join(parts)}){where};"
        parts = [f"pub {raw(n)}: {t}" for n, t in self.fields(kind["plain"]["fields"])]
        if kind["plain"]["has_stripped_fields"]:
            parts.append(f"__hidden: {self.phantom(s['generics'])}")
        return f"pub struct {name}{params}{where} {{ {', '.join(parts)} }}"

    def item_union(self, item, name):
        params, where = self.generics(item["inner"]["union"]["generics"], defaults=True)
        return f"pub struct {name}{params}{where} {{ __hidden: {self.phantom(item['inner']['union']['generics'])} }}"

    def item_enum(self, item, name):
        e = item["inner"]["enum"]
        params, where = self.generics(e["generics"], defaults=True)
        variants = []
        for i in e["variants"]:
            variant = self.index[str(i)]
            kind = variant["inner"]["variant"]["kind"]
            if kind == "plain":
                variants.append(variant["name"])
            elif "tuple" in kind:
                parts = [self.type(self.index[str(f)]["inner"]["struct_field"]) if f is not None else "()" for f in kind["tuple"]]
                variants.append(f"{variant['name']}({', '.join(parts)})")
            else:
                variants.append(f"{variant['name']} {{ {', '.join(f'{raw(n)}: {t}' for n, t in self.fields(kind['struct']['fields']))} }}")
        if e["has_stripped_variants"]:
            variants.append("__Hidden")
        return f"pub enum {name}{params}{where} {{ {', '.join(variants)} }}"

    def item_trait(self, item, name):
        t = item["inner"]["trait"]
        params, where = self.generics(t["generics"], defaults=True)
        bounds = self.bounds(t["bounds"])
        lines = [self.trait_item(self.index[str(i)], provided=True) for i in t["items"] if str(i) in self.index]
        return f"pub trait {name}{params}{': ' + bounds if bounds else ''}{where} {{ {' '.join(filter(None, lines))} }}"

    def trait_item(self, item, provided):
        kind, value = next(iter(item["inner"].items()))
        if kind == "function":
            head = self.function(item, "")
            return head and head + (" { loop {} }" if value["has_body"] else ";")
        if kind == "assoc_type":
            params, where = self.generics(value["generics"])
            bounds = self.bounds(value["bounds"]) if provided else ""
            return f"type {raw(item['name'])}{params}{': ' + bounds if bounds else ''}" + (f" = {self.type(value['type'])}" if value["type"] else "") + where + ";"
        if kind == "assoc_const":
            return f"const {item['name']}: {self.type(value['type'])}" + ("" if provided and value["value"] is None else " = loop {}") + ";"
        return ""

    def item_type_alias(self, item, name):
        params, where = self.generics(item["inner"]["type_alias"]["generics"], defaults=True)
        return f"pub type {name}{params} = {self.type(item['inner']['type_alias']['type'])};"

    def item_constant(self, item, name):
        return f"pub const {name}: {self.type(item['inner']['constant']['type'])} = loop {{}};"

    def item_static(self, item, name):
        return f"pub static {name}: {self.type(item['inner']['static']['type'])} = loop {{}};"

    def implementation(self, item):
        """An `impl` of the crate, or nothing if what it is for has no name."""
        i = item["inner"]["impl"]
        if i["is_synthetic"] or i["blanket_impl"] or i["is_negative"]:
            return ""
        subject = self.type(i["for"])
        params, where = self.generics(i["generics"])
        if "crate::nowhere::" in subject:
            return ""
        items = [self.index[str(n)] for n in i["items"] if str(n) in self.index]
        if i["trait"] is None:
            lines = []
            for part in items:
                kind, value = next(iter(part["inner"].items()))
                if part["visibility"] != "public":
                    continue
                if kind == "function":
                    lines.append(self.item_function(part, part["name"]))
                elif kind == "assoc_const":
                    lines.append(f"pub const {part['name']}: {self.type(value['type'])} = loop {{}};")
            lines = list(filter(None, lines))
            return f"impl{params} {subject}{where} {{ {' '.join(lines)} }}" if lines else ""
        name = self.path(i["trait"])
        if "crate::nowhere::" in name or name.startswith("::std::marker::StructuralPartialEq"):
            return ""
        # Only what a trait's implementation adds to the trait: its types.
        lines = [self.trait_item(part, provided=False) for part in items if "function" not in part["inner"]]
        return f"impl{params} {name} for {subject}{where} {{ {' '.join(filter(None, lines))} }}"

    # Modules.

    def modules(self):
        """Lines by module path, and the modules that are public."""
        lines, public = {}, set()
        for i, item in self.index.items():
            kind = next(iter(item["inner"]))
            if kind == "module":
                path = self.module_path(i)
                if path is None or not self.crates.keep(path):
                    continue
                if item["visibility"] == "public" and not item["inner"]["module"]["is_stripped"]:
                    public.add(tuple(path))
                for child in item["inner"]["module"]["items"]:
                    found = self.index.get(str(child))
                    if found and "use" in found["inner"]:
                        lines.setdefault(tuple(path), []).append(self.use(found, path))
            elif kind in KINDS and i in self.paths and tuple(self.paths[i]["path"]) in self.crates.written and item["crate_id"] == 0:
                path = self.paths[i]["path"]
                lines.setdefault(tuple(path[:-1]), []).append(getattr(self, "item_" + kind)(item, raw(path[-1])))
            elif kind == "impl":
                lines.setdefault((self.name,), []).append(self.implementation(item))
        return lines, public

    def module_path(self, i):
        if int(i) == self.crate["root"]:
            return [self.name]
        return self.paths[i]["path"] if i in self.paths else None

    def use(self, item, module):
        u = item["inner"]["use"]
        visibility = "pub " if item["visibility"] == "public" else "pub(crate) "
        target = self.paths.get(str(u["id"])) if u["id"] is not None else None
        if target is None:
            return ""
        path = target["path"]
        kind = target["kind"]
        if kind in ("macro", "proc_attribute", "proc_derive"):
            return ""
        if path[0] in self.crates.crates:
            if kind == "variant":
                name = self.crates.named(path[:-1]) + "::" + path[-1]
            elif kind == "module":
                if not self.crates.keep(path):
                    return ""
                name = self.crates.place(path)
            else:
                name = self.crates.named(path)
        elif kind == "module":
            name = "::" + "::".join(path) if path[0] in STD + tuple(self.crates.elsewhere) else "crate::nowhere"
            name = re.sub("^::(core|alloc)::", "::std::", name)
        else:
            name = self.crates.named(path)
        if "crate::nowhere" in name:
            return ""
        if u["is_glob"]:
            return f"{visibility}use {name}::*;"
        last = name.rsplit("::", 1)[-1]
        renamed = f" as {raw(u['name'])}" if raw(u["name"]) != last else ""
        return f"{visibility}use {name}{renamed};"

    def source(self):
        """The crate's modules, nested."""
        lines, public = self.modules()
        tree = {}
        for path in {*lines, *public}:
            for length in range(1, len(path) + 1):
                tree.setdefault(path[:length], set())
                if length > 1:
                    tree[path[: length - 1]].add(path[:length])
        def write(path):
            # rustdoc's order is another at every run.
            body = sorted(set(filter(None, lines.get(path, []))))
            for child in sorted(tree[path]):
                visible = "pub mod" if child in public else "pub(crate) mod"
                body.append(f"{visible} {raw(child[-1])} {{\n{write(child)}\n}}")
            return "\n".join(body)
        return write((self.name,))
