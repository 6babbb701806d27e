// dependencies: @nestjs/common
import { CanActivate, Controller, Get, Post, UseGuards } from '@nestjs/common'
import { AuthGuard, PassportStrategy } from '@nestjs/passport'
import { Strategy } from 'passport-jwt'
export class JwtStrategy extends PassportStrategy(Strategy) {} // strategy
export class JwtAuthGuard extends AuthGuard('jwt') {} // strategy
export class RolesGuard implements CanActivate {}
@Controller('auth')
export class AuthController {
  @Post('login') // login-route
  login() {}
  @Get('me')
  @UseGuards(JwtAuthGuard) // strategy?
  me() {}
}
