namespace Heldar.Edge.PreRoll;

/// <summary>Entries in order, in one array that is used in a circle. Numbered from the first that ever was. Not thread-safe.</summary>
internal sealed class EntryQueue
{
    private RingEntry[] _items = [];
    private int _head;

    /// <summary>Number of the oldest entry.</summary>
    public long First { get; private set; }

    /// <summary>Number of the entry that comes next.</summary>
    public long End => First + Count;

    public int Count { get; private set; }

    /// <summary>Memory, as its array takes it.</summary>
    public long Bytes => (long)_items.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<RingEntry>();

    public ref readonly RingEntry this[long number] => ref _items[(_head + (int)(number - First)) & (_items.Length - 1)];

    public void Add(in RingEntry entry)
    {
        if (Count == _items.Length) Resize(Math.Max(64, _items.Length * 2));
        _items[(_head + Count) & (_items.Length - 1)] = entry;
        Count++;
    }

    public void RemoveFirst()
    {
        _items[_head] = default;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        First++;
        if (_items.Length > 256 && Count < _items.Length / 4) Resize(_items.Length / 2);
    }

    /// <summary>Gives the array up; it must be empty.</summary>
    public void Release() => (_items, _head) = ([], 0);

    private void Resize(int size)
    {
        var items = new RingEntry[size];
        for (var i = 0; i < Count; i++) items[i] = _items[(_head + i) & (_items.Length - 1)];
        (_items, _head) = (items, 0);
    }
}
