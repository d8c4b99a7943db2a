import Testing

@testable import MartletFormats

@Suite struct SHA256Tests {
  @Test func `the examples of FIPS 180-4 come out`() {
    #expect(
      SHA256.hexDigest(of: [])
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      SHA256.hexDigest(of: Array("abc".utf8))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    #expect(
      SHA256.hexDigest(of: Array(two.utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      SHA256.hexDigest(of: repeatElement(UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `bytes may come in any pieces`() {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    // hashlib of Python: sha256(bytes(i * 7 % 256 for i in range(300)))
    let expected = "9a76b8af8f16f19d60de2b3999c22f9d10be4395c90ea3bfc5eb6cd6254243af"
    for cut in [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 299, 300] {
      var checksum = SHA256()
      checksum.update(with: bytes[..<cut])
      checksum.update(with: bytes[cut...])
      #expect(checksum.hexDigest == expected)
    }
  }

  @Test(arguments: [
    (55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7"),
    (56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb"),
    (63, "c7723fa1e0127975e49e62e753db53924c1bd84b8ac1ac08df78d09270f3d971"),
    (64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b"),
    (65, "98ce42deef51d40269d542f5314bef2c7468d401ad5d85168bfab4c0108f75f7"),
  ])
  func `lengths about a block are padded right`(count: Int, expected: String) {
    // hashlib of Python: sha256(bytes(count))
    #expect(SHA256.hexDigest(of: [UInt8](repeating: 0, count: count)) == expected)
  }
}
