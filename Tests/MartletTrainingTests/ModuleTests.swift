@testable import MartletTraining
