import FuzzSupport
import MartletFormats

/// Any bytes as an archive; and an archive of the input with one byte changed, which has right
/// checksums nearly everywhere, as no mutation would.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  check(bytes)
  guard count > 4 else { return 0 }
  let content = bytes.dropFirst(4)
  let half = content.count / 2
  let entries = [
    Zip.Entry("a", content.prefix(half)), Zip.Entry("größe", content.dropFirst(half)),
  ]
  guard var archive = try? Zip.content(of: entries).bytes else {
    fatalError("two members cannot be written")
  }
  let place = (Int(bytes[0]) << 8 | Int(bytes[1])) % archive.count
  let isSame = archive[place] == bytes[2]
  archive[place] = bytes[2]
  let members = check(archive)
  if isSame { expect(members == entries.map(\.content.bytes), "what is written reads back") }
  if let members, members.count == 2 {
    expect(members == entries.map(\.content.bytes), "a checksum lets other contents pass")
  }
  return 0
}

/// Reads all there is; what is read must survive writing.
@discardableResult
private func check(_ bytes: [UInt8]) -> [[UInt8]]? {
  var limits = LoadLimits()
  limits.dataBytes = 1 << 16
  do throws(FormatError) {
    let zip = try Zip(bytes, limits: limits)
    var entries: [Zip.Entry] = []
    for member in zip.members {
      let content = try zip.bytes(of: member)
      expect(content.count == member.byteCount, "size")
      expect(zip[member.name] == member, "a name leads elsewhere")
      entries.append(Zip.Entry(member.name, content))
    }
    let again = try Zip(Zip.content(of: entries).bytes, limits: limits)
    expect(again.names == zip.names, "names change")
    for entry in entries {
      let content = Array(try again.bytes(of: entry.name))
      expect(content == entry.content.bytes, "contents change")
    }
    return entries.map(\.content.bytes)
  } catch {
    expect(!error.description.isEmpty, "no message")
    return nil
  }
}
