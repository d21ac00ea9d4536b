using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Audit;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using NodaTime.Text;

namespace Heldar.Edge.Schedules;

/// <summary>Routes of schedules and their exceptions. A change counts when it is answered.</summary>
internal static class ScheduleEndpoints
{
    public static void MapSchedules(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1").WithTags("schedules");
        group.MapGet("/cameras/{id}/schedules", List).Needs(Capability.CameraRead).OfCamera().Produces<IReadOnlyList<ScheduleDto>>().Produces<ErrorBody>(404);
        group.MapPost("/cameras/{id}/schedules", AddAsync).Needs(Capability.RegistryManage).OfCamera().WritesOwnAudit().Accepts<ScheduleWrite>("application/json").Produces<ScheduleDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapPatch("/schedules/{id}", ChangeAsync).Needs(Capability.RegistryManage).FiltersCameras().WritesOwnAudit().Accepts<ScheduleWrite>("application/json").Produces<ScheduleDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404);
        group.MapDelete("/schedules/{id}", RemoveAsync).Needs(Capability.RegistryManage).FiltersCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(404);
        group.MapGet("/schedule-exceptions", ListExceptions).Needs(Capability.CameraRead).FiltersCameras().Produces<IReadOnlyList<ExceptionDto>>();
        group.MapPost("/schedule-exceptions", AddExceptionAsync).Needs(Capability.RegistryManage).FiltersCameras().WritesOwnAudit().Accepts<ExceptionWrite>("application/json").Produces<ExceptionDto>(201).Produces<ErrorBody>(400).Produces<ErrorBody>(403).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapDelete("/schedule-exceptions/{id}", RemoveExceptionAsync).Needs(Capability.RegistryManage).FiltersCameras().WritesOwnAudit().Produces(204).Produces<ErrorBody>(403).Produces<ErrorBody>(404);
    }

    private static IResult List(string id, CameraRegistry cameras, ScheduleBook book, BoxSettings settings) => cameras.Find(id) is { } camera
        ? Results.Json(book.Schedules.Where(s => s.Camera == camera.Uid).OrderBy(s => s.Id).Select(s => ToDto(s, camera.Slug, settings)).ToList(), BoxJson.Options)
        : CameraEndpoints.NotFound();

    private static async Task<IResult> AddAsync(string id, HttpRequest request, Caller caller, CameraRegistry cameras, ScheduleBook book, BoxSettings settings, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var (body, refusal) = await RequestBody.ReadAsync<ScheduleWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (ScheduleReader.Read(body, null, camera.Uid, settings.TimeZone, out var problem) is not { } schedule) return Problems.BadRequest(problem!);
        var dto = ToDto(schedule, camera.Slug, settings);
        if (!await book.PutAsync(schedule, Note(caller, "schedule.added", schedule.Id, camera.Uid, new { now = dto }), cancellation)) return Problems.Conflict($"a camera takes at most {ScheduleBook.MaxPerCamera} schedules");
        await cameras.ReviewAsync(camera.Uid, cancellation);
        return Results.Json(dto, BoxJson.Options, statusCode: 201);
    }

    private static async Task<IResult> ChangeAsync(string id, HttpRequest request, Caller caller, CameraRegistry cameras, ScheduleBook book, BoxSettings settings, CancellationToken cancellation)
    {
        if (Find(id, caller, cameras, book) is not { } before) return NoSchedule();
        var (body, refusal) = await RequestBody.ReadAsync<ScheduleWrite>(request, cancellation);
        if (body is null) return refusal!;
        if (ScheduleReader.Read(body, before, before.Camera, settings.TimeZone, out var problem) is not { } schedule) return Problems.BadRequest(problem!);
        var slug = cameras.Find(schedule.Camera)?.Slug ?? "";
        var (was, now) = (ToDto(before, slug, settings), ToDto(schedule, slug, settings));
        await book.PutAsync(schedule, Note(caller, "schedule.changed", schedule.Id, schedule.Camera, new { was, now }), cancellation);
        await cameras.ReviewAsync(schedule.Camera, cancellation);
        return Results.Json(now, BoxJson.Options);
    }

    private static async Task<IResult> RemoveAsync(string id, Caller caller, CameraRegistry cameras, ScheduleBook book, BoxSettings settings, CancellationToken cancellation)
    {
        if (Find(id, caller, cameras, book) is not { } schedule) return NoSchedule();
        var note = Note(caller, "schedule.removed", schedule.Id, schedule.Camera, new { was = ToDto(schedule, cameras.Find(schedule.Camera)?.Slug ?? "", settings) });
        if (await book.RemoveScheduleAsync(schedule.Id, note, cancellation) is not { } gone) return NoSchedule();
        await cameras.ReviewAsync(gone.Camera, cancellation);
        return Results.NoContent();
    }

    /// <summary>Exceptions of all cameras are shown to everybody: they hold for his cameras too.</summary>
    private static IResult ListExceptions(Caller caller, CameraRegistry cameras, ScheduleBook book) =>
        Results.Json(book.Exceptions.Where(e => e.Camera is not { } camera || Sees(caller, cameras, camera)).OrderBy(e => e.From).ThenBy(e => e.Id).Select(e => ToDto(e, cameras)).ToList(), BoxJson.Options);

    private static async Task<IResult> AddExceptionAsync(HttpRequest request, Caller caller, CameraRegistry cameras, ScheduleBook book, CancellationToken cancellation)
    {
        var (body, refusal) = await RequestBody.ReadAsync<ExceptionWrite>(request, cancellation);
        if (body is null) return refusal!;
        var camera = body.CameraId is null ? null : cameras.Find(body.CameraId);
        if (body.CameraId is not null && (camera is null || !caller.Sees(camera.Slug))) return CameraEndpoints.NotFound();
        if (camera is null && !caller.Cameras.IsAll) return OfAllCameras();
        if (ScheduleReader.Read(body, camera?.Uid, out var problem) is not { } exception) return Problems.BadRequest(problem!);
        if (!await book.AddAsync(exception, Note(caller, "schedule_exception.added", exception.Id, exception.Camera, new { now = ToDto(exception, cameras) }), cancellation)) return Problems.Conflict($"a box takes at most {ScheduleBook.MaxExceptions} exceptions");
        await cameras.ReviewAsync(cancellation);
        return Results.Json(ToDto(exception, cameras), BoxJson.Options, statusCode: 201);
    }

    private static async Task<IResult> RemoveExceptionAsync(string id, Caller caller, CameraRegistry cameras, ScheduleBook book, CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(id, "D", out var key) || book.Exceptions.FirstOrDefault(e => e.Id == key) is not { } exception) return NoException();
        if (exception.Camera is { } camera ? !Sees(caller, cameras, camera) : !caller.Cameras.IsAll) return exception.Camera is null ? OfAllCameras() : NoException();
        if (await book.RemoveExceptionAsync(key, Note(caller, "schedule_exception.removed", key, exception.Camera, new { was = ToDto(exception, cameras) }), cancellation) is null) return NoException();
        await cameras.ReviewAsync(cancellation);
        return Results.NoContent();
    }

    private static AuditEntry Note(Caller caller, string action, Guid id, Guid? camera, object detail) => new(caller.Actor, action, id.ToString("D")) { Camera = camera, Detail = detail };

    /// <summary>The schedule with this id; null when there is none that the caller may know of.</summary>
    private static Schedule? Find(string id, Caller caller, CameraRegistry cameras, ScheduleBook book) =>
        Guid.TryParseExact(id, "D", out var key) && book.Schedules.FirstOrDefault(s => s.Id == key) is { } schedule && Sees(caller, cameras, schedule.Camera) ? schedule : null;

    private static bool Sees(Caller caller, CameraRegistry cameras, Guid camera) => caller.Sees(cameras.Find(camera)?.Slug);

    private static IResult NoException() => Problems.NotFound("there is no such exception on this box");

    private static IResult OfAllCameras() => Problems.Result(403, ErrorCodes.Forbidden, "this exception is of all cameras, and you may know of some only: name one as camera_id");

    private static IResult NoSchedule() => Problems.NotFound("there is no such schedule on this box");

    private static ScheduleDto ToDto(Schedule s, string slug, BoxSettings settings) => new()
    {
        Id = s.Id,
        CameraId = slug,
        Name = s.Name,
        Days = s.Days.Numbers,
        TimeStart = DailyWindow.Text(s.Window.Start),
        TimeEnd = DailyWindow.Text(s.Window.End),
        Enabled = s.Enabled,
        TimeZone = settings.TimeZone.Id,
    };

    private static ExceptionDto ToDto(ScheduleException e, CameraRegistry cameras) => new()
    {
        Id = e.Id,
        CameraId = e.Camera is { } camera ? cameras.Find(camera)?.Slug : null,
        Name = e.Name,
        FromDate = LocalDatePattern.Iso.Format(e.From),
        ToDate = LocalDatePattern.Iso.Format(e.To),
        Windows = [.. e.Windows.Select(w => new WindowDto(DailyWindow.Text(w.Start), DailyWindow.Text(w.End)))],
    };
}
