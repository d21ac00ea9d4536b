using System.Text.Json;
using Heldar.Functions.Pipeline;

namespace Heldar.Functions.Fronts;

/// <summary>
/// Front A: the Azure Functions custom handler. The host posts to /&lt;function&gt; and deletes the message after 200 with a JSON object; an empty 2xx would hang it until
/// functionTimeout, so every answer is <c>{}</c>, buffered, with Content-Length. Any other status is a failure that the host counts.
/// </summary>
internal static partial class HandlerFront
{
    /// <summary>Name of the message binding in every function.json.</summary>
    public const string Binding = "message";

    private static readonly byte[] Empty = "{}"u8.ToArray();

    public static void MapHandlerFront(this WebApplication app)
    {
        var table = app.Services.GetRequiredService<FunctionTable>();
        var gate = app.Services.GetRequiredService<TimerGate>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HandlerFront));
        // The host asks GET / until anything answers.
        app.MapGet("/", () => Results.Text("heldar-functions"));
        app.MapPost("/{function}", (string function, HttpContext context) => InvokeAsync(table, gate, function, context, log));
    }

    private static async Task InvokeAsync(FunctionTable table, TimerGate gate, string name, HttpContext context, ILogger log)
    {
        try
        {
            await RunAsync(table, gate, name, context);
            await AnswerAsync(context, StatusCodes.Status200OK, Empty);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
        }
        catch (Exception crash)
        {
            LogCrash(log, name, crash);
            await AnswerAsync(context, StatusCodes.Status500InternalServerError, JsonSerializer.SerializeToUtf8Bytes(new { error = crash.Message }));
        }
    }

    private static async Task RunAsync(FunctionTable table, TimerGate gate, string name, HttpContext context)
    {
        if (table.Timers.TryGetValue(name, out var timer))
        {
            await gate.RunIfDueAsync(timer, context.RequestAborted);
            return;
        }

        if (!table.Queues.TryGetValue(name, out var function)) throw new InvalidOperationException($"no function {name} is here: function.json and this program differ");
        using var memory = new MemoryStream();
        await context.Request.Body.CopyToAsync(memory, context.RequestAborted);
        var request = HostRequest.Parse(memory.GetBuffer().AsMemory(0, (int)memory.Length), Binding);
        await function.RunAsync(new QueueMessage(table.QueueOf(function), request.Id, request.DequeueCount, request.Body) { EnqueuedAt = request.Inserted }, context.RequestAborted);
    }

    private static async Task AnswerAsync(HttpContext context, int status, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    [LoggerMessage(4201, LogLevel.Error, "{Function} failed; the host will try again")]
    private static partial void LogCrash(ILogger log, string function, Exception crash);
}
