@_exported import MartletTraining
