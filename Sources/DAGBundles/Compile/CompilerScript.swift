/// The shell scripts that run the compiler inside the jail. What they make comes back through standard output: nothing outside
/// the jail is writable.
enum CompilerScript {
    /// Makes `$folder`: always the same one in a jail, since precompiled headers can be used only where they were made.
    static let makeFolder = #"""
        folder=/tmp/slipstream; mkdir "$folder" 2>/dev/null || folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
        """#

    /// Compiles and links a unit. Its arguments are the frontend's flags and files, the rest comes from the environment.
    static let unit = """
        set -e; \(makeFolder)
        cp -rs "$headers" "$folder/headers"
        "$frontend" -frontend -c "$@" -module-cache-path "$folder/headers" -o "$folder/unit.o"
        "$autolink" "$folder/unit.o" $objects -o "$folder/links"
        "$linker" -shared --hash-style=gnu --eh-frame-hdr --build-id -z relro -z now -L "$runtime" \\
            -L "/usr/lib/$(uname -m)-linux-gnu" -L /usr/lib64 -L /usr/lib \\
            "$runtime/$(uname -m)/swiftrt.o" "$folder/unit.o" $objects "@$folder/links" -lswiftCore -lc "$library" \\
            -o "$folder/unit.so"
        cat "$folder/unit.so"
        """

    /// Compiles a module: to what importers read, and to what they link.
    static let module = """
        set -e; \(makeFolder)
        \(FileStream.shellFunction)
        cp -rs "$headers" "$folder/headers"
        "$frontend" -frontend -c "$@" -module-cache-path "$folder/headers" \\
            -emit-module-path "$folder/$name.swiftmodule" -o "$folder/$name.o"
        cd "$folder"; send "$name.swiftmodule" "$name.o"
        """
}
