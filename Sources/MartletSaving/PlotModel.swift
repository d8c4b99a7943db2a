import Foundation
import MartletFormats
import MartletTraining

/// Draws a model's graph to a file: its DOT text, or a picture where Graphviz is installed.
///
///     try plotModel(model, to: "model.svg", showShapes: true)
///
/// The ending says what is written. `.dot` and `.gv` are the text of `Model.dot`; with any other,
/// `.png`, `.svg`, `.pdf`, the program `dot` of Graphviz draws it. The old file or the new one
/// stands, never a part.
///
/// - Parameters:
///   - model: A built model.
///   - path: The file.
///   - showShapes: Whether nodes tell input and output shapes.
///   - showDType: Whether they tell the element type of the output.
///   - showLayerNames: Whether they tell the layer's name besides its class.
///   - direction: In which direction the graph grows.
///   - expandNested: Whether models inside are drawn with their layers, each in a frame.
///   - dpi: Points per inch of the picture.
///   - showLayerActivations: Whether nodes tell the activation of layers that have one.
///   - showTrainable: Whether they tell if the layer learns.
///   - splines: How edges run: Graphviz' `ortho`, `curved`, `polyline`, `spline` or `line`.
/// - Throws: a `Diagnostic` for a model that is not built, for a path without an ending, or where
///   `dot` is not installed or fails; `FormatError` where the file cannot be written.
public func plotModel(
  _ model: Model, to path: String, showShapes: Bool = false, showDType: Bool = false,
  showLayerNames: Bool = false, direction: GraphDirection = .down, expandNested: Bool = false,
  dpi: Int = 200, showLayerActivations: Bool = false, showTrainable: Bool = false,
  splines: String = "ortho"
) throws {
  let text = try model.dot(
    showShapes: showShapes, showDType: showDType, showLayerNames: showLayerNames,
    direction: direction, expandNested: expandNested, dpi: dpi,
    showLayerActivations: showLayerActivations, showTrainable: showTrainable, splines: splines)
  let ending = URL(filePath: path).pathExtension.lowercased()
  let bytes =
    try ["dot", "gv"].contains(ending)
    ? Array(text.utf8) : Graphviz(path: path).picture(of: text, format: ending)
  try FileWriting.write(bytes, to: URL(filePath: path), writer: "plotModel")
}

/// The program `dot`, as the search path finds it.
struct Graphviz {
  /// The file that is drawn, for messages.
  let path: String
  /// The folders where programs are looked for.
  var folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map(String.init)

  init(path: String) { self.path = path }

  /// The bytes of a picture.
  func picture(of text: String, format: String) throws -> [UInt8] {
    // The ending becomes an argument of a program.
    guard !format.isEmpty, format.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
      throw Diagnostic(
        "plotModel", "the ending of the file is not known", expected: ".dot, .png, .svg or .pdf",
        got: path)
    }
    #if os(macOS) || os(Linux)
      guard
        let program = folders.map({ $0 + "/dot" }).first(where: {
          FileManager.default.isExecutableFile(atPath: $0)
        })
      else { throw missing("no program dot in \(folders.joined(separator: ":"))") }
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "martlet-plot-\(UUID().uuidString)")
      try FileWriting.makeFolders(folder, writer: "plotModel")
      defer { try? FileManager.default.removeItem(at: folder) }
      let source = folder.appending(path: "model.dot")
      let picture = folder.appending(path: "model.\(format)")
      try FileWriting.write(text.utf8, to: source, writer: "plotModel")
      let process = Process()
      process.executableURL = URL(filePath: program)
      process.arguments = ["-T\(format)", "-o", picture.path, source.path]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      let complaints = Pipe()
      process.standardError = complaints
      try process.run()
      let words = complaints.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        throw Diagnostic(
          "plotModel", "dot could not draw the graph", expected: "status 0 of dot -T\(format)",
          got: "status \(process.terminationStatus): "
            + String(decoding: words.prefix(1000), as: UTF8.self),
          fix: "write a .dot file, and look what dot says of it")
      }
      return try FileReading.bytes(of: picture, reader: "plotModel")
    #else
      throw missing("a system whose programs start no others")
    #endif
  }

  private func missing(_ got: String) -> Diagnostic {
    Diagnostic(
      "plotModel", "a picture needs the program dot of Graphviz", expected: "dot on the PATH",
      got: got,
      fix: "install Graphviz (apt install graphviz, brew install graphviz), or write a .dot file")
  }
}
