<?php
declare(strict_types=1);

/** Who is there, and what this browser was told: nginx knows the one, a cookie of this app's own the other. */

function start_session(): void
{
    session_name('__Host-pairings');
    session_start([
        'cookie_secure' => true,
        'cookie_httponly' => true,
        'cookie_samesite' => 'Strict',
        'cookie_path' => '/',
        'use_strict_mode' => true,
    ]);
    $_SESSION['token'] ??= bin2hex(random_bytes(16));
}

/** Stands in every form of ours; another site can send one, and not know it. */
function token(): string
{
    return $_SESSION['token'];
}

function is_our_form(mixed $token): bool
{
    return is_string($token) && hash_equals(token(), $token);
}

function set_message(string $message): void
{
    $_SESSION['message'] = $message;
}

/** What the last form led to; said once. */
function take_message(): ?string
{
    $message = $_SESSION['message'] ?? null;
    unset($_SESSION['message']);
    return $message;
}

/** The name that nginx sends along of whoever it let in, and their address. */
function person(): string
{
    $address = $_SERVER['HTTP_X_AUTH_USER'] ?? '';
    $name = $_SERVER['HTTP_X_AUTH_NAME'] ?? '';
    return $name === '' || $name === $address ? $address : "$name ($address)";
}
