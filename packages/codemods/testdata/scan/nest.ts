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
import { AuthenticatedOnly } from './only.js'
@Controller('posts')
export class PostsController {
  @Auth(['user']) // strategy?
  all() {}
  @AuthenticatedOnly()
  other() {}
}
export const Auth = () => applyDecorators(UseGuards(JwtAuthGuard, RolesGuard)) // strategy?
export const provider = { provide: APP_GUARD, useClass: JwtAuthGuard } // strategy?
export const roles = { provide: APP_GUARD, useClass: RolesGuard }
export const set = (consumer) => consumer.apply(AuthMiddleware).forRoutes('*') // strategy?
export const valid = (auth, dto) => auth.validateUser(dto.username, dto.password) // password-check?
