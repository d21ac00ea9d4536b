namespace Heldar.Cloud.Index;

/// <summary>The first pieces, in the order of search results, of all that were offered; never holds more than twice as many, however much footage there is. Not thread-safe.</summary>
/// <param name="limit">How many.</param>
internal sealed class PagePieces(int limit)
{
    private readonly List<FootagePiece> _kept = [];
    private FootagePiece? _last;

    /// <summary>Whether there are as many as are wanted.</summary>
    public bool IsFull => _kept.Count >= limit;

    /// <summary>Offers a piece; false when neither it nor any that starts later is among the first.</summary>
    public bool Offer(FootagePiece piece)
    {
        if (_last is { } last && FootagePiece.Compare(piece, last) >= 0) return piece.Start <= last.Start;
        _kept.Add(piece);
        if (_kept.Count >= 2 * limit) Cut();
        return true;
    }

    /// <summary>The first ones, in order.</summary>
    public List<FootagePiece> Take()
    {
        Cut();
        return _kept;
    }

    private void Cut()
    {
        _kept.Sort(FootagePiece.Compare);
        if (_kept.Count < limit) return;
        _kept.RemoveRange(limit, _kept.Count - limit);
        _last = _kept[^1];
    }
}
