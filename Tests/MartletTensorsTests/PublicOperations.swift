import Foundation

/// The names of the public functions in Sources/MartletTensors/Operations.
func publicOperations() throws -> Set<String> {
  let operations = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/MartletTensors/Operations").standardizedFileURL
  let files = try FileManager.default.subpathsOfDirectory(atPath: operations.path)
  var declared: Set<String> = []
  for file in files where file.hasSuffix(".swift") {
    let text = try String(contentsOf: operations.appending(path: file), encoding: .utf8)
    for match in text.matches(of: /public (?:static )?func `?([a-zA-Z0-9]+)/) {
      declared.insert(String(match.1))
    }
  }
  return declared
}
