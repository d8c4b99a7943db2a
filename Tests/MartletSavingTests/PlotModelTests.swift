import Foundation
import MartletFormats
import MartletTraining
import Testing

@testable import MartletSaving

@Suite struct PlotModelTests {
  private let model = Sequential(name: "small") {
    Input(shape: [3])
    Dense(2, name: "first")
    Dense(1, name: "second")
  }

  @Test func `the ending dot gives the text`() throws {
    try withTemporaryFolder { folder in
      try plotModel(model, to: folder + "/model.dot", showShapes: true, showLayerNames: true)
      let text = try String(contentsOfFile: folder + "/model.dot", encoding: .utf8)
      #expect(text == (try model.dot(showShapes: true)))
      #expect(text.contains("Output shape: <b>(None, 1)</b>"))
      try plotModel(model, to: folder + "/model.gv")
      #expect(
        try String(contentsOfFile: folder + "/model.gv", encoding: .utf8)
          == (try model.dot(showLayerNames: false)))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
    }
  }

  #if os(macOS) || os(Linux)
    /// A program of that name which draws nothing: what it is given is seen.
    private func program(_ script: String, in folder: String) throws {
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: folder + "/dot"))
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o755], ofItemAtPath: folder + "/dot")
    }

    @Test func `other endings are drawn by the program dot`() throws {
      try withTemporaryFolder { folder in
        try program("echo \"$1\" > \"$3\"; cat \"$4\" >> \"$3\"", in: folder)
        var drawing = Graphviz(path: "model.png")
        drawing.folders = ["/nowhere", folder, "/usr/bin", "/bin"]
        let bytes = try drawing.picture(of: "digraph G {}", format: "png")
        #expect(String(decoding: bytes, as: UTF8.self) == "-Tpng\ndigraph G {}")
      }
    }

    @Test func `a program that is missing or fails is told`() throws {
      try withTemporaryFolder { folder in
        var drawing = Graphviz(path: "model.png")
        drawing.folders = [folder]
        var error = #expect(throws: Diagnostic.self) {
          try drawing.picture(of: "digraph G {}", format: "png")
        }
        #expect(error?.description.contains("install Graphviz") == true)
        try program("echo no such format >&2; exit 3", in: folder)
        error = #expect(throws: Diagnostic.self) {
          try drawing.picture(of: "digraph G {}", format: "png")
        }
        #expect(error?.description.contains("status 3: no such format") == true)
      }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/dot")))
    func `Graphviz draws every kind of picture`() throws {
      try withTemporaryFolder { folder in
        let starts: [String: [UInt8]] = [
          "png": [0x89, 0x50, 0x4e, 0x47], "svg": Array("<?xml".utf8), "pdf": Array("%PDF".utf8),
        ]
        for (ending, start) in starts {
          let path = folder + "/model." + ending
          try plotModel(model, to: path, showShapes: true, showLayerActivations: true)
          let bytes = try Array(Data(contentsOf: URL(filePath: path)))
          #expect(bytes.starts(with: start) && bytes.count > 500, "\(ending)")
        }
      }
    }
  #endif

  @Test func `an ending that is none is refused`() throws {
    for path in ["model", "model.p-g"] {
      #expect(throws: (any Error).self) { try plotModel(model, to: path) }
    }
    #expect(throws: Diagnostic.self) { try plotModel(Sequential { Dense(1) }, to: "model.dot") }
  }
}
