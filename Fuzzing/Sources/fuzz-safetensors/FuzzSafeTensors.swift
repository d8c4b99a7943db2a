import Foundation
import FuzzSupport
import MartletFormats

/// Any bytes as a file, and any bytes as a header up to the first zero with the data behind it:
/// so the length in front is right without the fuzzer's help.
///
/// What is read must cover the data, must be JSON for Foundation too, and must survive writing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  check(bytes)
  let header = bytes.prefix { $0 != 0 }
  let data = bytes.dropFirst(header.count + 1)
  check(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + data)
  return 0
}

private func check(_ bytes: [UInt8]) {
  let file: SafeTensors
  do throws(FormatError) {
    file = try SafeTensors(bytes)
  } catch {
    expect(!error.description.isEmpty, "no message")
    return
  }
  let headerCount = Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16
  let json = Data(bytes[8..<(8 + headerCount)])
  expect((try? JSONSerialization.jsonObject(with: json)) != nil, "Foundation refuses the header")
  let total = file.entries.reduce(0) { $0 + $1.bytes.count }
  expect(total == bytes.count - 8 - headerCount, "the data is not covered")
  for entry in file.entries {
    expect(file[entry.name] == entry, "a name leads elsewhere")
    _ = try? entry.scalars(as: Float.self)
    _ = try? entry.scalars(as: Bool.self)
  }
  do throws(FormatError) {
    let written = try SafeTensors.fileBytes(of: file.entries, metadata: file.metadata)
    let again = try SafeTensors(written)
    expect(again.metadata == file.metadata, "the metadata changes")
    expect(again.entries.count == file.entries.count, "a tensor is lost")
    for entry in file.entries { expect(again[entry.name] == entry, "a tensor changes") }
    expect(
      (try? SafeTensors.fileBytes(of: again.entries, metadata: again.metadata)) == written,
      "writing is not deterministic")
  } catch {
    expect(false, "what was read cannot be written: \(error)")
  }
}
