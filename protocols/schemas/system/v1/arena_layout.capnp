@0xadb0b85bec64f0aa;
# Where things lie in the arena: the one place for these numbers, whoever reads them in whatever language.
#
# Evolution: a mapping is only ever read under the version that is written in its header. A change of any number
# below is a new version; a program that meets another version than its own does not touch the mapping.
#
# Offsets and lengths are in bytes, offsets from the start of the mapping; integers in it are little-endian.
# In order and without overlap: header, epochs, rings, leases.

const magic :UInt64 = 0x4e455241534f4e49;
# The first eight bytes, which read `INOSAREN`.
const version :UInt32 = 1;

const pageLen :UInt64 = 4096;
const slabLen :UInt64 = 1048576;
# The unit in which lease memory is handed to size classes and to long leases.
const slabCountMin :UInt64 = 4;
const slabCountMax :UInt64 = 1048576;
const stretchLen :UInt64 = 65536;
# What is made resident and tracked together; sixteen to a slab.

# The header: one page, written once.
const headerOffset :UInt64 = 0;
const headerLen :UInt64 = 4096;
const headerMagicOffset :UInt64 = 0;
const headerVersionOffset :UInt64 = 8;
# UInt32.
const headerSizesOffset :UInt64 = 16;
# Six UInt64: length of the mapping, offset of the epochs, count of epochs, offset of the leases, length of the
# leases, length of a slab.
const headerChecksumOffset :UInt64 = 64;
# UInt64: FNV-1a over all bytes before it.
const headerFieldsLen :UInt64 = 72;

# The epochs: a line for each, so that no two share a cache line.
const epochsOffset :UInt64 = 4096;
const epochsLen :UInt64 = 65536;
const epochCount :UInt64 = 1024;
const epochLineLen :UInt64 = 64;
const epochValueOffset :UInt64 = 0;
# UInt64 within the line: the counter; sleepers wait on its low half.
const epochWaitersOffset :UInt64 = 8;
# UInt32 within the line: how many sleep on it.

# Which epoch says what. Those below `epochFixedCount` are assigned here and never reused.
const epochNode :UInt64 = 0;
# The node itself: ready, degraded, draining.
const epochJobs :UInt64 = 1;
# Some job changed its state.
const epochLeases :UInt64 = 2;
# Leases were freed: there may be room again.
const epochWorkers :UInt64 = 3;
# A worker began, ended or was replaced.
const epochQueue :UInt64 = 4;
# Work was offered.
const epochLedger :UInt64 = 5;
# A group commit is durable.
const epochBlobs :UInt64 = 6;
# A blob came or went.
const epochFixedCount :UInt64 = 64;
# From here on epochs are handed out while the server runs.

# The rings: the rest of the first slab.
const ringsOffset :UInt64 = 69632;
const ringsLen :UInt64 = 978944;
const ringSlotLen :UInt64 = 64;

# The leases: every slab from the second to the end of the mapping.
const leasesOffset :UInt64 = 1048576;
const classLenMin :UInt64 = 256;
const classCount :UInt64 = 12;
# Size classes double from `classLenMin` to half a slab; a longer lease takes whole slabs.
