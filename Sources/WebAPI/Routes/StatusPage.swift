internal import Crypto
internal import DAGModel
internal import FoundationEssentials
internal import Hummingbird
internal import HTTPTypes
internal import Store

/// The status page: plain HTML, no script; names of DAGs only for those who have a token.
struct StatusPage {
    let version: String
    let time: Instant
    let scheduler: String
    let isHealthy: Bool
    let runCounts: [DAGRunState: Int]
    /// Nil for visitors without a token.
    let dags: [DAGOverview]?

    var response: Response {
        var response = Response.text(html, type: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] = "\(AnswerHeaders.policy); style-src '\(Self.styleHash)'"
        return response
    }

    private var html: String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>Slipstream</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"><style>\(Self.style)</style></head><body>
        <h1>Slipstream</h1>
        <p>\(schedulerSentence)</p>
        <table><tr><th>DAG runs</th><th></th></tr>\(countRows)</table>
        \(dagTable)
        <p class="small">Version \(Self.escaped(version)), \(time.iso8601.prefix(19))Z</p>
        </body></html>

        """
    }

    private var schedulerSentence: String {
        if isHealthy { return "<b class=\"success\">Healthy.</b> The scheduler \(Self.escaped(scheduler)) leads." }
        return "<b class=\"failed\">No scheduler is running.</b> Runs wait until one starts."
    }

    private var countRows: String {
        DAGRunState.allCases.map { state in
            "<tr><td class=\"\(state.rawValue)\">\(state.rawValue)</td><td>\(runCounts[state] ?? 0)</td></tr>"
        }.joined()
    }

    private var dagTable: String {
        guard let dags else {
            return "<p><a href=\"/status\">DAGs and their last runs</a> (asks for the API token)</p>"
        }
        let rows = dags.map { overview in
            let run = overview.lastRun
            return "<tr><td>\(Self.escaped(overview.dag.dagID))</td><td>\(overview.dag.isPaused ? "paused" : "on")</td>"
                + "<td>\(Self.escaped(overview.version.document.schedule.summary ?? "manual"))</td>"
                + "<td class=\"\(run?.state.rawValue ?? "")\">\(run?.state.rawValue ?? "")</td>"
                + "<td>\(Self.escaped(run?.runID ?? ""))</td></tr>"
        }
        return
            "<table><tr><th>DAG</th><th></th><th>Schedule</th><th>Last run</th><th></th></tr>\(rows.joined())</table>"
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222;background:#fff}
        table{border-collapse:collapse;margin:1rem 0}td,th{text-align:left;padding:.2rem 1rem .2rem 0;border-bottom:1px solid #ddd}
        .success{color:#17693a}.failed{color:#b3261e}.running{color:#0b57a4}.queued{color:#5f6368}.small{color:#5f6368;font-size:.85em}
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#181a1b}td,th{border-color:#444}
        .success{color:#6fcf97}.failed{color:#ff8a80}.running{color:#82b7f5}.queued,.small{color:#a8adb3}}
        """

    private static let styleHash = "sha256-\(Data(SHA256.hash(data: Array(style.utf8))).base64EncodedString())"
}
