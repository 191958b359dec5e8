/// A table that fits its terminal: columns shrink to their least width, then the least important are left out; lines never wrap.
struct Table {
    struct Column {
        var title: String
        /// What it may shrink to; nil when it must be shown whole.
        var least: Int?
        /// Left out, the highest first, when the table is too wide all the same; 0 never.
        var expendable = 0
        /// Where a text is cut: ids differ at their ends.
        var cutsMiddle = false
        var alignsRight = false
    }

    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var style = Style.plain

        init(_ text: String, _ style: Style = .plain) {
            // A control character would break the table, or the terminal.
            self.text = String(text.map { $0.isNewline || $0 == "\t" || Self.isControl($0) ? " " : $0 })
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }

        private static func isControl(_ character: Character) -> Bool {
            character.unicodeScalars.contains { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) }
        }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    private static let gap = 2

    /// The lines, the first with the titles.
    func lines(_ terminal: Terminal) -> [String] {
        let (shown, widths) = layout(terminal.width)
        let titles = shown.map { Cell(columns[$0].title.uppercased(), .bold) }
        return ([titles] + rows.map { row in shown.map { row[$0] } }).map { cells in
            line(cells, shown: shown, widths, terminal)
        }
    }

    private func line(_ cells: [Cell], shown: [Int], _ widths: [Int], _ terminal: Terminal) -> String {
        var line = ""
        for (position, cell) in cells.enumerated() {
            let column = columns[shown[position]]
            let text = cut(cell.text, to: widths[position], middle: column.cutsMiddle)
            let padding = String(repeating: " ", count: widths[position] - text.count)
            let styled = cell.style.applied(to: text, terminal)
            let isLast = position == cells.count - 1
            line += column.alignsRight ? padding + styled : styled + (isLast ? "" : padding)
            if !isLast { line += String(repeating: " ", count: Self.gap) }
        }
        return line.trimmingEnd()
    }

    /// Which columns are shown, and how wide each is.
    private func layout(_ width: Int?) -> (shown: [Int], widths: [Int]) {
        var shown = Array(columns.indices)
        while true {
            var widths = shown.map(naturalWidth)
            guard let width else { return (shown, widths) }
            shrink(&widths, shown, to: width)
            let droppable = shown.filter { columns[$0].expendable > 0 }
                .max { columns[$0].expendable < columns[$1].expendable }
            guard total(widths) > width, let droppable else { return (shown, widths) }
            shown.removeAll { $0 == droppable }
        }
    }

    private func naturalWidth(_ column: Int) -> Int {
        max(columns[column].title.count, rows.map { $0[column].text.count }.max() ?? 0)
    }

    private func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + Self.gap * max(0, widths.count - 1) }

    /// Takes from the widest column that may shrink, until the table fits.
    private func shrink(_ widths: inout [Int], _ shown: [Int], to width: Int) {
        while total(widths) > width {
            let candidates = widths.indices.filter { index in
                columns[shown[index]].least.map { widths[index] > max($0, columns[shown[index]].title.count) } ?? false
            }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
        }
    }

    private func cut(_ text: String, to width: Int, middle: Bool) -> String {
        guard text.count > width else { return text }
        guard width > 1 else { return String(text.prefix(width)) }
        guard middle else { return text.prefix(width - 1) + "…" }
        let tail = (width - 1) / 2
        return text.prefix(width - 1 - tail) + "…" + text.suffix(tail)
    }
}

extension String {
    fileprivate func trimmingEnd() -> String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
