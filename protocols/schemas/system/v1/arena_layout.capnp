@0xadb0b85bec64f0aa;
# Where things lie in the arena: the one place for these numbers, whoever reads them in whatever language.
#
# Evolution: a mapping is only ever read under the version that is written in its header. A change of any number
# below is a new version; a program that meets another version than its own does not touch the mapping.
#
# Offsets and lengths are in bytes, offsets from the start of the mapping; integers in it are little-endian.
# In order and without overlap: header, epochs, leases.

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

# The leases: every slab from the second to the end of the mapping.
const leasesOffset :UInt64 = 1048576;
const classLenMin :UInt64 = 256;
const classCount :UInt64 = 12;
# Size classes double from `classLenMin` to half a slab; a longer lease takes whole slabs.

# A region: memory of its own, which others may map read-only. One page of words, then its buffers, each
# `regionCapacity` bytes long. A reader takes the buffer that `current` names, and what it read is whole if that
# buffer's mark still bears the same epoch afterwards.
const regionMagic :UInt64 = 0x4e474552534f4e49;
# The first eight bytes, which read `INOSREGN`.
const regionVersion :UInt32 = 1;
const regionVersionOffset :UInt64 = 8;
# UInt32.
const regionCapacityOffset :UInt64 = 16;
# UInt64: bytes of one buffer, a whole number of pages.
const regionRetiredOffset :UInt64 = 24;
# UInt32: not zero once the region lies elsewhere or is no more; attach again.
const regionHeadOffset :UInt64 = 64;
# An epoch's line (see above); its sleepers wait on the low half of the counter.
const regionCurrentOffset :UInt64 = 128;
# UInt64: the published epoch times eight, plus the number of the buffer that holds it.
const regionMarksOffset :UInt64 = 192;
# For each buffer a line: UInt64 epoch, zero while it is written; UInt64 length of what it holds.
const regionMarkLen :UInt64 = 64;
const regionBufferCountMax :UInt64 = 8;
const regionBufferCount :UInt64 = 3;
# How many a region begins with; it takes further ones while readers hold all of these.
const regionBuffersOffset :UInt64 = 4096;
const regionEpochMax :UInt64 = 2305843009213693951;
# 2^61 - 1.

# The page that an attached process shares with the server, for one region or ring: where it says which buffer it reads.
const controlPinOffset :UInt64 = 0;
# UInt32: the number of the buffer that is read, plus one; zero is none.
const controlWaitingOffset :UInt64 = 4;
# UInt32: not zero while the process sleeps on the epoch.
const controlRevokedOffset :UInt64 = 8;
# UInt64: how often a buffer was taken while the process read it; counted by the server.
const controlEndedOffset :UInt64 = 16;
# UInt32: not zero once the server no longer looks at this page: nothing keeps a buffer from being written again.
const controlLen :UInt64 = 4096;

# A ring: what happens, one record after the other, told to whoever maps it for reading. Memory of its own: one page of
# words, then its slots. Record N lies in slot N modulo their count, and what was read of it is whole if the slot's mark
# was 2N + 2 before and still is afterwards.
const ringMagic :UInt64 = 0x474e4952534f4e49;
# The first eight bytes, which read `INOSRING`.
const ringVersion :UInt32 = 1;
const ringVersionOffset :UInt64 = 8;
# UInt32.
const ringSlotCountOffset :UInt64 = 16;
# UInt64: how many slots there are, a power of two.
const ringHeadOffset :UInt64 = 64;
# An epoch's line (see above) that moves on with each record.
const ringTailOffset :UInt64 = 128;
# UInt64: the number of the next record. Those before it are written or being written.
const ringDroppedOffset :UInt64 = 192;
# UInt64: how many records were not written, since somebody was still writing the slot.
const ringSlotsOffset :UInt64 = 4096;
const ringSlotLen :UInt64 = 512;
# UInt64 mark: twice the record's number, plus one while it is written and two when it is whole; zero at first.
# UInt64 length, then the record's bytes.
const ringRecordLenMax :UInt64 = 496;
const ringSlotCount :UInt64 = 1024;
# How many slots a ring of events has.

# A twin: a region as a program far away holds it, fed over a connection. It lies as a region does, and in the rest of
# its first page are the words that its readers and the one who feeds it share. Whoever reads puts the buffer that
# `current` names into a pin, looks at `current` again, and reads on only where it is still the same.
const twinSkippedOffset :UInt64 = 1024;
# UInt64: how many epochs were passed over while readers held every buffer.
const twinPinsOffset :UInt64 = 2048;
# For each read that is under way a UInt32: the number of the buffer that is read, plus one; zero is none.
const twinPinCount :UInt64 = 256;
