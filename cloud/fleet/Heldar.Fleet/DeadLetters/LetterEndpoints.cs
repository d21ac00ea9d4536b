using Heldar.Contracts;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.DeadLetters;

/// <summary><c>/api/v1/dead-letters</c>. Letters hold whatever somebody sent, so they are an administrator's alone.</summary>
internal static class LetterEndpoints
{
    private const int MaxAtOnce = 100;
    private static readonly string[] States = ["open", "redriven", "applied", "dropped"];

    public static void MapDeadLetters(this IEndpointRouteBuilder app)
    {
        var letters = app.MapGroup("/api/v1/dead-letters").WithTags("DeadLetters").Needs(Need.Admin);
        letters.MapGet("", PageAsync).Produces<LettersPage>();
        letters.MapGet("/{letter:guid}", FindAsync).Produces<LetterView>();
        letters.MapGet("/{letter:guid}/body", BodyAsync).Produces(200, contentType: "application/octet-stream");
        letters.MapPut("/{letter:guid}/mend", MendAsync).Accepts<MendRequest>("application/json").Produces<LetterView>();
        letters.MapPost("/redrive", (HttpContext context, Caller caller, LetterDesk desk) => EachAsync(context, (letter, token) => desk.RedriveAsync(caller, letter, token))).Accepts<LettersRequest>("application/json").Produces<LettersAnswer>();
        letters.MapPost("/drop", (HttpContext context, Caller caller, LetterDesk desk) => EachAsync(context, (letter, token) => desk.DropAsync(caller, letter, token))).Accepts<LettersRequest>("application/json").Produces<LettersAnswer>();
    }

    private static async Task<IResult> PageAsync(HttpContext context, Caller caller, LetterDirectory letters)
    {
        var query = context.Request.Query;
        var wanted = new LetterQuery(caller.Tenant)
        {
            Status = query["status"] switch
            {
                [] or [""] => "open",
                ["all"] => null,
                [{ } one] when States.Contains(one) => one,
                _ => throw new BadInputException("status must be open (the default), redriven, applied, dropped or all"),
            },
            Reasons = QueryText.Words(query, "reasons"),
            Types = QueryText.Words(query, "types"),
            Sites = QueryText.Slugs(query, "sites"),
            Boxes = QueryText.Ids(query, "boxes"),
            From = query.ContainsKey("from") ? QueryText.Time(query, "from") : null,
            To = query.ContainsKey("to") ? QueryText.Time(query, "to") : null,
        };
        var limit = QueryText.Number(query, "limit", LetterQuery.DefaultLimit, 1, LetterQuery.MaxLimit);
        var cursor = query["cursor"] is [{ Length: > 0 } text] ? text : null;
        try
        {
            return Results.Json(await letters.PageAsync(wanted, cursor, limit, context.RequestAborted), HeldarJson.Options);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "cursor")
        {
            throw new BadInputException("cursor is not one that a page gave; start again without it");
        }
    }

    private static async Task<IResult> FindAsync(HttpContext context, Guid letter, Caller caller, LetterDirectory letters) =>
        await letters.FindAsync(caller.Tenant, letter, context.RequestAborted) is { } found ? Results.Json(found, HeldarJson.Options) : Answers.NotFound(LetterDesk.NotThere);

    /// <summary>The bytes as they came, for a tool: they may be anything, so no browser shows them.</summary>
    private static async Task<IResult> BodyAsync(HttpContext context, Guid letter, Caller caller, LetterDirectory letters) =>
        await letters.BodyAsync(caller.Tenant, letter, context.RequestAborted) is { } body ? Results.File(body, "application/octet-stream", $"letter-{letter:N}.bin") : Answers.NotFound(LetterDesk.NotThere);

    private static async Task<IResult> MendAsync(HttpContext context, Guid letter, Caller caller, LetterDesk desk, LetterDirectory letters)
    {
        var request = await JsonBody.ReadAsync<MendRequest>(context, JsonBody.MaxDocumentBytes);
        var refusal = await desk.MendAsync(caller, letter, request.Body, context.RequestAborted);
        if (refusal == LetterDesk.NotThere) return Answers.NotFound(refusal);
        return refusal is null ? await FindAsync(context, letter, caller, letters) : Answers.Conflict(refusal);
    }

    /// <summary>Each letter by itself: what one may not do changes nothing for the others.</summary>
    private static async Task<IResult> EachAsync(HttpContext context, Func<Guid, CancellationToken, Task<string?>> deed)
    {
        var request = await JsonBody.ReadAsync<LettersRequest>(context);
        if (request.Letters.Count is 0 or > MaxAtOnce) throw new BadInputException($"letters: name 1 to {MaxAtOnce} letters");
        List<Guid> done = [];
        List<RefusedLetter> refused = [];
        foreach (var letter in request.Letters.Distinct())
        {
            if (await deed(letter, context.RequestAborted) is { } refusal) refused.Add(new(letter, refusal));
            else done.Add(letter);
        }

        return Results.Json(new LettersAnswer(done, refused), HeldarJson.Options);
    }
}
