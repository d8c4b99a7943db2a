import FuzzSupport
import MartletFormats

/// Any bytes as a file, and any bytes as a header up to the first zero with the elements behind
/// it: so the length in front is right without the fuzzer's help.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  check(bytes)
  let header = bytes.prefix { $0 != 0 }
  let elements = bytes.dropFirst(header.count + 1)
  let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]
  let length = [UInt8(header.count & 255), UInt8(header.count >> 8 & 255)]
  check(magic + length + header + elements)
  return 0
}

/// What is read must have the bytes of its shape and survive writing.
private func check(_ bytes: [UInt8]) {
  let file: NPY
  do throws(FormatError) {
    file = try NPY(bytes)
  } catch {
    expect(!error.description.isEmpty, "no message")
    return
  }
  let array = file.array
  let count = array.shape.reduce(1) { $0 &* $1 }
  expect(array.bytes.count == count * array.dtype.byteCount, "size")
  do throws(FormatError) {
    let written = try file.content().bytes
    expect((written.count - array.bytes.count) % 64 == 0, "alignment")
    let again = try NPY(written)
    expect(again == file, "the array changes")
    let arrays = try NPZ(NPZ.content(of: ["a": array]).bytes)
    let member = try arrays.array("a")
    expect(member == array, "the array changes in an archive")
  } catch {
    expect(false, "what was read cannot be written: \(error)")
  }
}
