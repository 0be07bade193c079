"""Many records in little memory: each as compressed text, which is read again whenever somebody asks for the record."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import Generic, TypeVar, overload

from kc_lineage_dagster.state.codec import Codec

_T = TypeVar("_T")
_FAST = 1  # zlib's level: a higher one saves a tenth of the memory and takes twice the time


class PackedSequence(Sequence[_T], Generic[_T]):
    """Records in order, such as the connectors of a cluster, which take a fifth of the memory of the records."""

    def __init__(self, codec: Codec[_T], records: Iterable[_T]) -> None:
        """``codec``: writes and reads the records. ``records``: in order; they are not held."""
        self._codec = codec
        self._packed = [_pack(codec, one) for one in records]

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[_T]:
        return (_unpack(self._codec, one) for one in self._packed)

    @overload
    def __getitem__(self, place: int) -> _T: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[_T]: ...
    def __getitem__(self, place: int | slice) -> _T | Sequence[_T]:
        if isinstance(place, slice):
            return [_unpack(self._codec, one) for one in self._packed[place]]
        return _unpack(self._codec, self._packed[place])


class PackedMapping(MutableMapping[str, _T], Generic[_T]):
    """Records by name, such as lineage that waits until somebody asks for it."""

    def __init__(self, codec: Codec[_T]) -> None:
        """``codec``: writes and reads the records."""
        self._codec = codec
        self._packed: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> _T:
        return _unpack(self._codec, self._packed[name])

    def __setitem__(self, name: str, record: _T) -> None:
        self._packed[name] = _pack(self._codec, record)

    def __delitem__(self, name: str) -> None:
        del self._packed[name]

    def __contains__(self, name: object) -> bool:
        return name in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _pack(codec: Codec[_T], record: _T) -> bytes:
    return zlib.compress(codec.dump(record).encode(), _FAST)


def _unpack(codec: Codec[_T], packed: bytes) -> _T:
    record = codec.load(zlib.decompress(packed).decode())
    if record is None:
        raise RuntimeError("a record cannot be read as it was written")
    return record
