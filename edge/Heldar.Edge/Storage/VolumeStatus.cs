using Heldar.Edge.Settings;

namespace Heldar.Edge.Storage;

/// <summary>A volume as people see it.</summary>
/// <param name="Path">Its folder.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Id">Its identity; null while no disk is known there.</param>
/// <param name="Fault">What keeps it from being written to.</param>
/// <param name="Cause">For people: why, and what to do; or what they must know although it works.</param>
/// <param name="Free">Free bytes.</param>
/// <param name="Total">Size of its file system in bytes.</param>
/// <param name="BytesPerSecond">What is written to it, smoothed over 10 minutes; null until it is known.</param>
internal sealed record VolumeStatus(string Path, VolumeRole Role, Guid? Id, VolumeFault Fault, string? Cause, long Free, long Total, double? BytesPerSecond);
