import Foundation

/// The folders in which a loader looks for its files, in order.
struct DataFolders: Sendable {
  /// The folders to look in.
  let candidates: [String]
  /// Where downloaded files belong; nil without a home.
  let cache: String?

  /// The folder that the caller names, and no other; or, without one, those for a data set's name.
  ///
  /// - Parameters:
  ///   - folder: The folder that the caller names.
  ///   - name: The name of the data set's own folder.
  ///   - standsInRoot: Whether the files may also stand in `MARTLET_DATA` itself.
  init(
    _ folder: String?, name: String, standsInRoot: Bool,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    func value(_ variable: String) -> String? {
      environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
    let caches = value("XDG_CACHE_HOME") ?? value("HOME").map { $0 + "/.cache" }
    cache = caches.map { $0 + "/martlet/" + name }
    if let folder {
      candidates = [folder, folder + "/" + name]
      return
    }
    var candidates: [String] = []
    if let data = value("MARTLET_DATA") {
      candidates.append(data + "/" + name)
      if standsInRoot { candidates.append(data) }
    }
    if let cache { candidates.append(cache) }
    self.candidates = candidates
  }
}

/// Writes a line for people, where it does not mix with a program's results.
func printNote(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
