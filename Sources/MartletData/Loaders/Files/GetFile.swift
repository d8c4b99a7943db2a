import Foundation
import MartletFormats
import MartletTensors

/// Fetches a file from the net once, and returns its path: Keras' `get_file`.
///
///     let path = try getFile(
///       origin: "https://example.org/letters.csv",
///       sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
///     let table = try CSVTable(path)
///
/// A file that is in the folder already is not fetched again, unless its checksum is another. What
/// arrives is written under another name, verified, and then renamed: the folder never holds half a
/// file. On a terminal a bar shows how much has come. The program `curl` does the fetching; it gives
/// up when a server does not answer within 4 s, or sends less than 10 kB/s for 10 s.
///
/// - Parameters:
///   - name: What the file is called in the folder; without it, the last part of the address.
///   - origin: The address, `https`; `http` too where a checksum vouches for the bytes.
///   - sha256: The file's SHA-256 in 64 hexadecimal digits, as `sha256sum` prints it. Give it where
///     it is known.
///   - cacheFolder: Where the file belongs; without it, `martlet/datasets` in the user's cache.
///   - forceDownload: Whether a file that is there is fetched again.
///   - limits: `fileBytes` is the most that is fetched.
/// - Returns: The path of the file.
/// - Throws: `Diagnostic` if the address or the checksum is none, or if the file cannot be fetched or
///   is another; then nothing is kept.
public func getFile(
  _ name: String? = nil, origin: String, sha256: String? = nil, cacheFolder: String? = nil,
  forceDownload: Bool = false, limits: LoadLimits = LoadLimits()
) throws -> String {
  try getFile(
    name, origin: origin, sha256: sha256, cacheFolder: cacheFolder, forceDownload: forceDownload,
    limits: limits, by: Curl())
}

func getFile(
  _ name: String?, origin: String, sha256: String?, cacheFolder: String?, forceDownload: Bool,
  limits: LoadLimits, by curl: Curl
) throws -> String {
  let who = "getFile"
  let checksum = sha256?.lowercased()
  if let checksum, checksum.utf8.count != 64 || !checksum.allSatisfy(\.isHexDigit) {
    throw Diagnostic(
      who, "this is no SHA-256", expected: "64 hexadecimal digits", got: "\"\(checksum)\"",
      fix: "take what sha256sum prints for the file")
  }
  let address = URLComponents(string: origin)
  let scheme = address?.scheme?.lowercased() ?? ""
  guard let address, address.host?.isEmpty == false, ["https", "http"].contains(scheme) else {
    throw Diagnostic(
      who, "the origin is no address on the net", expected: "https://HOST/…",
      got: "\"\(origin)\"")
  }
  guard scheme == "https" || checksum != nil else {
    throw Diagnostic(
      who, "nothing vouches for the bytes of a plain http address",
      expected: "https, or a checksum", got: origin, fix: "give sha256:")
  }
  let name = name ?? address.path.split(separator: "/").last.map(String.init) ?? ""
  guard !name.isEmpty, ![".", ".."].contains(name),
    !name.utf8.contains(where: { $0 == 0x2f || $0 == 0 })
  else {
    throw Diagnostic(
      who, "this is no file name", expected: "a name without a slash", got: "\"\(name)\"",
      fix: "give the name as the first argument; cacheFolder is for its folder")
  }
  guard let folder = cacheFolder ?? DataFolders(nil, name: "datasets", standsInRoot: false).cache
  else {
    throw Diagnostic(
      who, "there is no cache", expected: "XDG_CACHE_HOME or HOME in the environment",
      got: "neither", fix: "give cacheFolder:")
  }
  let file = RemoteFile(
    name: name, byteCount: limits.fileBytes, isExact: false,
    checksum: checksum.map { .sha256($0) })
  let path = folder + "/" + name
  if !forceDownload, FileManager.default.fileExists(atPath: path) {
    // Another file than is asked for is fetched again, as Keras does.
    let isRight = try file.checksum.map { checksum in
      try checksum
        == checksum.same(
          of: FileReading.bytes(of: URL(fileURLWithPath: path), limits: limits, reader: who))
    }
    if isRight ?? true { return path }
  }
  var curl = curl
  if scheme == "http" { curl.protocols = "http,https" }
  do {
    try Download.fetch(file, from: origin, into: folder) { [curl] address, path, file in
      try curl.fetch(address, path, file)
    }
  } catch {
    throw Diagnostic(
      who, "\(name) could not be fetched",
      expected: file.checksum.map { "a file with \($0)" } ?? "a file", got: "\(error)",
      fix: "check the address \(origin), or put the file into \(folder) by other means")
  }
  return path
}
