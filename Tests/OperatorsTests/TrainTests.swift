import DAGKit
import DAGModel
import Foundation
import Testing
import TestServers
import WorkerProtocol
@testable import Operators

@Suite struct TrainTests {
    struct Score: Codable, Sendable, Equatable { var auc: Double }

    /// Writes what it was given, two artifacts and a checkpoint.
    static let program = """
        import json, os, sys
        params = json.load(open(os.environ["SLIPSTREAM_PARAMS"]))
        checkpoints = os.environ["SLIPSTREAM_CHECKPOINTS"]
        first = int(open(f"{checkpoints}/epoch").read()) if os.path.exists(f"{checkpoints}/epoch") else 0
        for epoch in range(first, params["epochs"]):
            print(json.dumps({"metric": "loss", "value": 1 / (epoch + 1), "step": epoch}), flush=True)
            open(f"{checkpoints}/epoch", "w").write(str(epoch + 1))
            if os.environ.get("DIE_AT") == str(epoch):
                sys.exit(4)
        print('{"progress": "done", "fraction": 1}')
        print("{not a report")
        artifacts = os.environ["SLIPSTREAM_ARTIFACTS"]
        os.makedirs(f"{artifacts}/plots")
        open(f"{artifacts}/model.bin", "wb").write(b"model")
        open(f"{artifacts}/plots/roc ä.png", "wb").write(b"plot")
        json.dump({"auc": 0.9, "params": params, "env": {k: v for k, v in os.environ.items() if "PARAM_" in k}},
                  open(os.environ["SLIPSTREAM_RESULT"], "w"))
        """

    @Test func `a training program gets its parameters and leaves metrics, artifacts and a result`() async throws {
        try await OperatorBench.with { bench async throws in
            try bench.folder.write("files/train.py", Self.program.utf8)
            let train = Train<JSONValue>(
                "train.py", params: ["epochs": "3", "learning rate": "0.5", "name": "a \(.ds)", "on": "true"])
            let context = try bench.context(train)
            let result = try await OperatorBench.value(TrainResult<JSONValue>.self, context)
            #expect(result.metrics == ["loss": 1.0 / 3])
            #expect(
                result.result["params"]
                    == .object([
                        "epochs": .int(3), "learning rate": .double(0.5), "name": .string("a 2026-01-31"),
                        "on": .bool(true),
                    ]))
            #expect(result.result["env"]?["SLIPSTREAM_PARAM_LEARNING_RATE"] == .string("0.5"))
            #expect(result.result["env"]?["SLIPSTREAM_PARAM_EPOCHS"] == .string("3"))
            #expect(result.artifacts.map(\.name) == ["model.bin", "plots/roc ä.png"])
            #expect(result.artifact("model.bin")?.sha256 == ContentDigest(of: Array("model".utf8)).sha256)
            #expect(result.artifact("model.bin")?.bytes == 5)
            #expect(context.reports.count == 4)
            #expect(context.reports[1] == .object(["metric": .string("loss"), "value": .double(0.5), "step": .int(1)]))
            #expect(context.reports[3] == .object(["progress": .string("done"), "fraction": .double(1)]))
        }
    }

    @Test func `parameters can be a value, and a result its type`() async throws {
        struct Settings: Codable, Sendable { var epochs = 2; var layers = [4, 4] }
        try await OperatorBench.with { bench async throws in
            try bench.folder.write("files/train.py", Self.program.utf8)
            let train = Train("train.py", params: Settings(), returning: Score.self)
            let result = try await bench.value(TrainResult<Score>.self, of: train)
            #expect(result.result == Score(auc: 0.9))
        }
    }

    @Test func `a retry goes on from the checkpoints, with fresh artifacts`() async throws {
        try await OperatorBench.with { bench async throws in
            try bench.folder.write("files/train.py", Self.program.utf8)
            let dying = Train("train.py", params: ["epochs": "5"], env: ["DIE_AT": "2"])
            #expect(try await bench.run(dying).failure.contains("exit code 4"))
            try bench.folder.write("work/.train/task/artifacts/old", [1])
            let context = try bench.context(Train("train.py", params: ["epochs": "5"]), tryNumber: 2)
            let result = try await OperatorBench.value(TrainResult<NoResult>.self, context)
            #expect(context.reports.filter { $0["metric"] != nil }.count == 2)
            #expect(result.artifacts.count == 2)
        }
    }

    @Test func `metrics are reported while the program runs`() async throws {
        try await OperatorBench.with { bench async throws in
            let train = Train(program: [
                "sh", "-c", "echo '{\"metric\": \"loss\", \"value\": 1}'; while [ ! -e go ]; do sleep 0.01; done",
            ])
            let context = try bench.context(train)
            let attempt = Task { await BuiltInOperators.run(context) }
            await context.waitUntil { !$0.reports.isEmpty }
            try bench.folder.write("work/go", [])
            #expect(await attempt.value.failure == "")
        }
    }

    @Test(.enabled(if: TestTools.areInstalled, "the S3 test servers are not installed: run scripts/test-tools.sh"))
    func `artifacts and checkpoints are kept in S3`() async throws {
        try await OperatorBench.withS3 { bench, s3 async throws in
            try bench.folder.write("files/train.py", Self.program.utf8)
            func train(_ env: [String: Template]) -> Train<Score> {
                Train(
                    "train.py", params: ["epochs": "5"], env: env, to: "s3://bucket/models/\(.runID)",
                    checkpoints: "s3://bucket/checkpoints/\(.runID)", connection: "minio", returning: Score.self)
            }
            #expect(try await bench.run(train(["DIE_AT": "2"])).failure.contains("exit code 4"))
            #expect(try await s3.client().list(s3.place("")).map(\.key) == ["checkpoints/manual__1/epoch"])
            // Another machine: nothing of the first attempt is there.
            try FileManager.default.removeItem(atPath: "\(bench.folder.path)/work")
            let context = try bench.context(train([:]), tryNumber: 2)
            let result = try await OperatorBench.value(TrainResult<Score>.self, context)
            #expect(context.reports.filter { $0["metric"] != nil }.count == 2)
            #expect(result.artifactsURI == "s3://bucket/models/manual__1/")
            #expect(result.artifact("model.bin")?.uri == "s3://bucket/models/manual__1/model.bin")
            let head = try await s3.client().head(s3.place("models/manual__1/plots/roc ä.png"))
            #expect(head.sha256 == result.artifact("plots/roc ä.png")?.sha256)
        }
    }

    @Test func `what an author writes is what the worker reads`() throws {
        let fields = try JSONDecoder().decode(
            JSONValue.self, from: JSONEncoder().encode(Train("a.py", to: "s3://b/\(.runID)", returning: Score.self)))
        #expect(
            fields["resultSchema"]
                == .object([
                    "type": .string("object"), "properties": .object(["auc": .object(["type": .string("number")])]),
                ]))
        #expect(Train("a.py", to: "s3://b/c", connection: "minio").uses == [.connection("minio")])
        #expect(Train("a.py").uses == [])
        #expect(
            Set(BuiltInOperators.types) == [
                "shell", "python", "train", "s3_list", "s3_upload", "s3_download", "s3_copy", "s3_delete",
                "s3_key_sensor", "approval", "ask",
            ])
    }
}
