@testable import MartletSaving
